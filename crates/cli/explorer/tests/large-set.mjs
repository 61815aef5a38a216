// A set of policies as large organisations have: 100 subjects, 300 routes, the same each time.

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

const AREAS = [
  "accounts",
  "audits",
  "billing",
  "campaigns",
  "catalogue",
  "contracts",
  "customers",
  "devices",
  "events",
  "exports",
  "files",
  "forecasts",
  "gifts",
  "images",
  "invoices",
  "licences",
  "messages",
  "movies",
  "orders",
  "partners",
  "payments",
  "prices",
  "ratings",
  "refunds",
  "reports",
  "shipments",
  "shows",
  "tickets",
  "users",
  "warehouses",
];
const TEAMS = ["readers", "editors", "owners"];
const ROUTES_OF_AN_AREA = [
  ["", "get"],
  ["", "post"],
  ["/{id}", "get"],
  ["/{id}", "put"],
  ["/{id}", "delete"],
  ["/{id}/history", "get"],
  ["/{id}/notes", "get"],
  ["/{id}/notes", "post"],
  ["/{id}/owner", "put"],
  ["/exports/{format}", "get"],
];
const OTHERS = 10;

export const LARGE = {
  subjects: AREAS.length * TEAMS.length + OTHERS,
  routes: AREAS.length * ROUTES_OF_AN_AREA.length,
};

/** Writes it to a folder as `gatepost` reads them. */
export async function writeLargeSet(folder) {
  await mkdir(join(folder, "groups"), { recursive: true });
  await mkdir(join(folder, "routes"), { recursive: true });
  const documents = AREAS.flatMap((area, at) =>
    TEAMS.map((team) => [`${area}-${team}`, document(area, team, at)]),
  );
  for (let at = 0; at < OTHERS; at += 1) documents.push([`department-${at + 1}`, department(at)]);
  for (const [name, statements] of documents) {
    const text = JSON.stringify({ Version: "2012-10-17", Statement: statements }, null, 2);
    await writeFile(join(folder, "groups", `${name}.json`), `${text}\n`);
  }
  await writeFile(join(folder, "routes/openapi.yaml"), JSON.stringify(api(), null, 1));
}

function document(area, team, at) {
  const base = `api/v2/${area}`;
  if (team === "readers") return [allow("Read", [`GET/${base}`, `GET/${base}/*`])];
  if (team === "editors") {
    const condition = at % 3 === 0 ? { IpAddress: { "aws:SourceIp": "10.0.0.0/8" } } : undefined;
    return [
      allow("Read", [`GET/${base}`, `GET/${base}/*`]),
      allow("Edit", [`POST/${base}`, `PUT/${base}/*`], condition),
      ...(at % 4 === 0 ? [deny("KeepOwners", [`PUT/${base}/*/owner`])] : []),
    ];
  }
  // A few owners see only one of the things of their neighbour.
  const neighbour = AREAS[(at + 1) % AREAS.length];
  return [allow("Own", [`*/${base}`, `*/${base}/*`]), allow("Neighbour", [`GET/api/v2/${neighbour}/main`])];
}

function department(at) {
  const areas = AREAS.filter((_, area) => area % OTHERS === at);
  return [
    allow(
      "ReadTheirs",
      areas.flatMap((area) => [`GET/api/v2/${area}`, `GET/api/v2/${area}/*`]),
    ),
    deny("NoExports", ["GET/api/v2/*/exports/*"]),
  ];
}

const allow = (Sid, Resource, Condition) => ({
  Sid,
  Effect: "Allow",
  Action: "execute-api:Invoke",
  Resource,
  ...(Condition && { Condition }),
});
const deny = (Sid, Resource) => ({ Sid, Effect: "Deny", Action: "execute-api:Invoke", Resource });

function api() {
  const paths = {};
  for (const area of AREAS) {
    for (const [rest, verb] of ROUTES_OF_AN_AREA) {
      const path = `/api/v2/${area}${rest}`;
      paths[path] ??= {};
      paths[path][verb] = operation(`${verb === "get" ? "See" : "Change"} ${area}`);
    }
  }
  return {
    openapi: "3.0.1",
    info: { title: "A large API", version: "1" },
    paths,
    components: {
      securitySchemes: {
        gatepost: {
          type: "apiKey",
          name: "Authorization",
          in: "header",
          "x-amazon-apigateway-authtype": "custom",
          "x-amazon-apigateway-authorizer": {
            type: "request",
            identitySource: "method.request.header.Authorization",
          },
        },
      },
    },
  };
}

const operation = (summary) => ({ summary, security: [{ gatepost: [] }], responses: {} });

// What a good team would write in Node.js: aws-jwt-verify, AWS SDK v3, one client that is kept, documents kept
// for POLICY_TTL_SECONDS. It does less than Gatepost: no conditions, no claims in resources, no Deny, no limits.

import http from "node:http";

import { BatchGetItemCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import { JwtVerifier } from "aws-jwt-verify";
import { SimpleJwksCache } from "aws-jwt-verify/jwk";

const { AUDIENCE, ISSUER, JWKS_URI, TABLE, AWS_LAMBDA_RUNTIME_API } = process.env;
const ttl = Number(process.env.POLICY_TTL_SECONDS) * 1000;

// The library's own fetcher speaks HTTPS only.
const fetcher = { fetch: async (uri) => (await fetch(uri)).arrayBuffer() };
const jwksCache = JWKS_URI.startsWith("http:") ? new SimpleJwksCache({ fetcher }) : new SimpleJwksCache();
const verifier = JwtVerifier.create({ issuer: ISSUER, audience: null, jwksUri: JWKS_URI }, { jwksCache });
const dynamodb = new DynamoDBClient({});
const kept = new Map();

async function documents(groups) {
  const now = Date.now();
  const found = new Map();
  const missing = [];
  for (const group of groups) {
    const entry = kept.get(group);
    if (entry && now - entry.at < ttl) found.set(group, entry.document);
    else missing.push(group);
  }
  for (let start = 0; start < missing.length; start += 100) {
    const Keys = missing.slice(start, start + 100).map((group) => ({
      subject: { S: `group:${group}` },
      revision: { N: "0" },
    }));
    const answer = await dynamodb.send(new BatchGetItemCommand({ RequestItems: { [TABLE]: { Keys } } }));
    for (const row of answer.Responses[TABLE]) {
      const { subject, document } = unmarshall(row);
      const group = subject.slice("group:".length);
      kept.set(group, { at: now, document });
      found.set(group, document);
    }
  }
  return groups.map((group) => found.get(group)).filter(Boolean);
}

async function authorize(event) {
  const header = event.headers.Authorization ?? event.headers.authorization;
  const claims = await verifier.verify(header.replace(/^Bearer /i, ""));
  if (claims.token_use !== "access" || claims.client_id !== AUDIENCE) throw new Error("Unauthorized");
  const groups = claims["cognito:groups"] ?? [];
  const stage = event.methodArn.split("/", 2).join("/");
  const seen = new Set();
  const Statement = [];
  for (const document of await documents(groups)) {
    for (const { Effect, Action, Resource } of [document.Statement].flat()) {
      const statement = { Effect, Action, Resource: [Resource].flat().map((resource) => `${stage}/${resource}`) };
      const text = JSON.stringify(statement);
      if (!seen.has(text)) Statement.push(statement);
      seen.add(text);
    }
  }
  return {
    principalId: claims.sub,
    policyDocument: { Version: "2012-10-17", Statement },
    context: { sub: claims.sub, username: claims.username, groups: groups.join(",") },
  };
}

// The loop of a custom runtime, which is quicker than the one of the managed runtime's client.
const [host, port] = AWS_LAMBDA_RUNTIME_API.split(":");
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

function call(method, path, body) {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { "content-length": Buffer.byteLength(body) };
    const request = http.request({ host, port, method, path: `/2018-06-01/runtime/invocation/${path}`, agent, headers }, (answer) => {
      const pieces = [];
      answer.on("data", (piece) => pieces.push(piece));
      answer.on("end", () => resolve({ headers: answer.headers, body: Buffer.concat(pieces).toString() }));
    });
    request.on("error", reject);
    request.end(body);
  });
}

async function serve() {
  for (;;) {
    const { headers, body } = await call("GET", "next");
    const id = headers["lambda-runtime-aws-request-id"];
    try {
      await call("POST", `${id}/response`, JSON.stringify(await authorize(JSON.parse(body))));
    } catch (error) {
      await call("POST", `${id}/error`, JSON.stringify({ errorType: error.name, errorMessage: error.message }));
    }
  }
}

serve();

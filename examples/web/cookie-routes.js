// The example API for callers that bring a cookie: the routes of `policies/routes/openapi.yaml`, where API
// Gateway looks at the cookie and at what has to stand beside it, instead of `Authorization`.

import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const ROUTES = fileURLToPath(new URL("../../policies/routes/openapi.yaml", import.meta.url));
const HEADER = "identitySource: method.request.header.Authorization\n";
const COOKIE = "identitySource: method.request.header.Cookie, method.request.header.X-CSRF-Token\n";

// What the functions are told in the mode `cookie`.
export const COOKIE_SETTINGS = {
  GATEPOST_TOKEN_SOURCES: "cookie:__Host-gatepost",
  GATEPOST_CSRF_HEADER: "X-CSRF-Token",
};

export async function writeCookieRoutes(file) {
  const routes = await readFile(ROUTES, "utf8");
  if (routes.split(HEADER).length !== 2) throw new Error(`${ROUTES} has no longer the one authorizer that this looks for`);
  await writeFile(file, routes.replace(HEADER, COOKIE));
}

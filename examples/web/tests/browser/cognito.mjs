// A user pool: cognito-local, which plays Amazon Cognito's API and its sign-in page, with the example's users
// and groups in it, made as one makes them on AWS.
//
// What it does otherwise than Cognito is made up for by a server in front of it, which is what browsers, the
// session function and the authorizer see:
//
// - Its discovery document names no addresses but that of the keys. Here it names those that Cognito's does.
// - Its ID tokens do not repeat the nonce, which both ways of signing in demand. The one of the request is put
//   in, and the token signed again, with the key of cognito-local's own, which is the same everywhere and public.
// - It has no /oauth2/revoke, but the API's RevokeToken, which is called instead.
//
// It does not replace refresh tokens, has no /logout, and keeps nobody signed in: its form is shown each time.

import { spawn } from "node:child_process";
import { createPrivateKey, sign } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const require = createRequire(import.meta.url);
const KEY = createPrivateKey(require("cognito-local/lib/keys/cognitoLocal.private.json").pem);

const PASSWORD = "Correct-horse-7";
const GROUPS = {
  alice: ["movies-group"],
  bob: ["shows-group"],
  carol: ["movies-group", "shows-group"],
  dave: [],
};

export class UserPool {
  // What was asked of the token endpoint, by grant type.
  exchanges = [];
  // Whether the nonce is put in.
  repeatsNonce = true;
  #program;
  #folder;
  #server;
  #upstream;
  // Nonces by what they belong to: first the PKCE challenge of the request, then the code that answers it.
  #nonces = new Map();

  static async start() {
    const pool = new UserPool();
    pool.#server = createServer((request, response) => {
      pool.#answer(request, response).catch((error) => response.writeHead(500).end(String(error)));
    });
    pool.#server.listen(0, "127.0.0.1");
    await once(pool.#server, "listening");
    await pool.#startProgram();
    await pool.#fill();
    return pool;
  }

  get #origin() {
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  get issuer() {
    return `${this.#origin}/${this.id}`;
  }

  // One more client, an app whose access tokens last for an hour.
  async addClient() {
    const { UserPoolClient } = await this.#call("CreateUserPoolClient", {
      UserPoolId: this.id,
      ClientName: "web",
      AllowedOAuthFlows: ["code"],
      AllowedOAuthFlowsUserPoolClient: true,
      AllowedOAuthScopes: ["openid", "email"],
      AccessTokenValidity: 3_600,
      IdTokenValidity: 3_600,
      TokenValidityUnits: { AccessToken: "seconds", IdToken: "seconds" },
    });
    return UserPoolClient.ClientId;
  }

  // Sets `CallbackURLs`, to which codes may be sent, `AccessTokenValidity` in seconds, and so on.
  async updateClient(clientId, settings) {
    await this.#call("UpdateUserPoolClient", { UserPoolId: this.id, ClientId: clientId, ...settings });
  }

  async deleteUser(username) {
    await this.#call("AdminDeleteUser", { UserPoolId: this.id, Username: username });
  }

  // The setting of the issuers for that client.
  issuers(clientId) {
    return JSON.stringify([{ issuer: this.issuer, audience: [clientId] }]);
  }

  // Fills in its form, which is open in `page`.
  async signIn(page, username) {
    await page.getByLabel("Username").fill(username);
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in" }).click();
  }

  async stop() {
    const ended = once(this.#program, "exit");
    this.#program.kill();
    await ended;
    this.#server.closeAllConnections();
    this.#server.close();
    await rm(this.#folder, { recursive: true });
  }

  async #startProgram() {
    this.#folder = await mkdtemp(join(tmpdir(), "gatepost-cognito-"));
    await mkdir(join(this.#folder, ".cognito"));
    const config = { TokenConfig: { IssuerDomain: this.#origin }, UserPoolDefaults: { UsernameAttributes: [] } };
    await writeFile(join(this.#folder, ".cognito/config.json"), JSON.stringify(config));
    this.#program = spawn(process.execPath, [require.resolve("cognito-local/lib/bin/start.js")], {
      cwd: this.#folder,
      env: { HOST: "127.0.0.1", PORT: "0", AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE: "1" },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const said = createInterface({ input: this.#program.stdout });
    for await (const line of said) {
      const address = /running on (http:\/\/127\.0\.0\.1:\d+)/.exec(line);
      if (address === null) continue;
      this.#upstream = address[1];
      break;
    }
    // What else it says is of no use, but is to be read: nobody should wait for a full pipe.
    this.#program.stdout.resume();
    // A test file that cannot be run ends all the same.
    for (const each of [this.#program, this.#program.stdout, this.#server]) each.unref();
    process.once("exit", () => this.#program.kill());
  }

  async #fill() {
    const { UserPool: made } = await this.#call("CreateUserPool", { PoolName: "movies-and-shows" });
    this.id = made.Id;
    const UserPoolId = this.id;
    for (const GroupName of new Set(Object.values(GROUPS).flat())) await this.#call("CreateGroup", { UserPoolId, GroupName });
    for (const [Username, groups] of Object.entries(GROUPS)) {
      const UserAttributes = [{ Name: "email", Value: `${Username}@example.com` }];
      await this.#call("AdminCreateUser", { UserPoolId, Username, UserAttributes, MessageAction: "SUPPRESS" });
      await this.#call("AdminSetUserPassword", { UserPoolId, Username, Password: PASSWORD, Permanent: true });
      for (const GroupName of groups) await this.#call("AdminAddUserToGroup", { UserPoolId, Username, GroupName });
    }
  }

  // The API of Amazon Cognito, as the AWS SDKs speak it.
  async #call(action, input) {
    const response = await fetch(this.#upstream, {
      method: "POST",
      headers: {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": `AWSCognitoIdentityProviderService.${action}`,
      },
      body: JSON.stringify(input),
    });
    const output = await response.json();
    if (!response.ok) throw new Error(`${action}: ${JSON.stringify(output)}`);
    return output;
  }

  async #answer(request, response) {
    const url = new URL(request.url, this.#origin);
    const body = Buffer.concat(await request.toArray());
    const isForm = request.headers["content-type"]?.startsWith("application/x-www-form-urlencoded");
    const form = new URLSearchParams(isForm ? body.toString() : "");
    if (url.pathname.endsWith("/.well-known/openid-configuration")) return sendJson(response, this.#discovery());
    if (url.pathname === "/oauth2/revoke") {
      await this.#call("RevokeToken", { Token: form.get("token"), ClientId: form.get("client_id") });
      return sendJson(response, {});
    }
    // Browsers ask for it once, and cognito-local has none.
    if (url.pathname === "/favicon.ico") return response.writeHead(204).end();
    if (url.searchParams.has("nonce")) this.#nonces.set(url.searchParams.get("code_challenge"), url.searchParams.get("nonce"));

    const { method } = request;
    const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => PASSED_ON.includes(name)));
    const options = { method, headers, redirect: "manual", ...(method === "POST" && { body }) };
    const answer = await fetch(this.#upstream + request.url, options);
    let text = await answer.text();
    const location = answer.headers.get("location");
    const code = location && new URL(location).searchParams.get("code");
    if (code) this.#nonces.set(code, this.#nonces.get(form.get("code_challenge")));
    if (url.pathname === "/oauth2/token" && method === "POST") {
      this.exchanges.push(form.get("grant_type"));
      if (answer.ok && form.has("code") && this.repeatsNonce) text = withNonce(text, this.#nonces.get(form.get("code")));
    }
    response.writeHead(answer.status, {
      "Content-Type": answer.headers.get("content-type") ?? "text/plain",
      "Access-Control-Allow-Origin": "*",
      ...(location && { Location: location }),
    });
    response.end(text);
  }

  #discovery() {
    const at = (path) => this.#origin + path;
    return {
      issuer: this.issuer,
      authorization_endpoint: at("/oauth2/authorize"),
      token_endpoint: at("/oauth2/token"),
      revocation_endpoint: at("/oauth2/revoke"),
      jwks_uri: `${this.issuer}/.well-known/jwks.json`,
      response_types_supported: ["code"],
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: ["RS256"],
    };
  }
}

const PASSED_ON = ["accept", "content-type", "x-amz-target"];

function sendJson(response, value) {
  response.writeHead(200, { "Content-Type": "application/json", "Access-Control-Allow-Origin": "*" });
  response.end(JSON.stringify(value));
}

function withNonce(answer, nonce) {
  const tokens = JSON.parse(answer);
  const [header, payload] = tokens.id_token.split(".");
  const claims = { ...JSON.parse(Buffer.from(payload, "base64url")), nonce };
  const signed = `${header}.${Buffer.from(JSON.stringify(claims)).toString("base64url")}`;
  const signature = sign("RSA-SHA256", Buffer.from(signed), KEY).toString("base64url");
  return JSON.stringify({ ...tokens, id_token: `${signed}.${signature}` });
}

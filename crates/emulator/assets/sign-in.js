// Signing in by the authorization-code flow with PKCE, renewing the tokens and signing out.
//
// It is written to be read: this is all that a front end has to do. One in production keeps its
// tokens out of reach of scripts; here they are in the session storage of the tab, because the
// page is there to show them.

const { clientId } = document.querySelector("main").dataset;
const redirectUri = `${location.origin}/`;

// Whether the page was opened with this query by the issuer, in answer to `signIn`.
export const isAnswer = (query) => query.has("code") || query.has("error");

export async function signIn(username) {
  if (!crypto.subtle) {
    throw new Error("Browsers only allow PKCE on this machine (http://localhost) or over https.");
  }
  const flow = { verifier: random(), state: random(), nonce: random() };
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(flow.verifier));
  write(FLOW, flow);
  location.assign(
    `/oauth2/authorize?${new URLSearchParams({
      response_type: "code",
      client_id: clientId,
      redirect_uri: redirectUri,
      scope: "openid email profile",
      state: flow.state,
      nonce: flow.nonce,
      code_challenge: base64url(new Uint8Array(hash)),
      code_challenge_method: "S256",
      login_hint: username,
    })}`,
  );
}

export async function completeSignIn(answer) {
  const flow = read(FLOW);
  sessionStorage.removeItem(FLOW);
  // The code leaves the address before anything else happens.
  history.replaceState(null, "", "/");
  if (!flow || answer.get("state") !== flow.state) {
    throw new Error(
      "The answer is not used: it belongs to no sign-in that was started in this tab. " +
        "Choose an account again.",
    );
  }
  if (answer.has("error")) {
    throw new Error(answer.get("error_description") ?? answer.get("error"));
  }
  const tokens = await requestTokens({
    grant_type: "authorization_code",
    code: answer.get("code"),
    redirect_uri: redirectUri,
    code_verifier: flow.verifier,
  });
  if (claimsOf(tokens.id_token).nonce !== flow.nonce) {
    throw new Error("The ID token belongs to another sign-in.");
  }
  write(TOKENS, tokens);
}

export async function renew() {
  const { refresh_token } = currentTokens();
  try {
    write(TOKENS, await requestTokens({ grant_type: "refresh_token", refresh_token }));
  } catch (error) {
    sessionStorage.removeItem(TOKENS);
    throw new Error(`${error.message} Choose an account again.`);
  }
}

export async function signOut() {
  const { refresh_token } = currentTokens();
  sessionStorage.removeItem(TOKENS);
  await post("/oauth2/revoke", { token: refresh_token }).catch(() => {});
  location.assign(
    `/logout?${new URLSearchParams({ client_id: clientId, logout_uri: redirectUri })}`,
  );
}

// As the token endpoint answered: `access_token`, `id_token`, `refresh_token`; or null.
export const currentTokens = () => read(TOKENS);

export function claimsOf(token) {
  const payload = token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
  const bytes = Uint8Array.from(atob(payload), (character) => character.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes));
}

// The token with other claims and the old signature: what a forger without the key can do.
export function forge(token, changes) {
  const [header, , signature] = token.split(".");
  const claims = { ...claimsOf(token), ...changes };
  const payload = base64url(new TextEncoder().encode(JSON.stringify(claims)));
  return `${header}.${payload}.${signature}`;
}

async function requestTokens(parameters) {
  const response = await post("/oauth2/token", parameters);
  const answer = await response.json();
  if (!response.ok) {
    throw new Error(`No tokens: ${answer.error_description ?? answer.error}.`);
  }
  return answer;
}

function post(path, parameters) {
  const body = new URLSearchParams({ client_id: clientId, ...parameters });
  return fetch(path, { method: "POST", body });
}

const FLOW = "gatepost.flow";
const TOKENS = "gatepost.tokens";

const read = (key) => JSON.parse(sessionStorage.getItem(key));
const write = (key, value) => sessionStorage.setItem(key, JSON.stringify(value));

const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

function base64url(bytes) {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

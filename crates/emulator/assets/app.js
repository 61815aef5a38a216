// The start page of the development issuer: shows who has signed in and with which access token,
// and calls the API with it. Signing in itself is in sign-in.js.

import * as session from "./sign-in.js";

const { apiUrl } = document.querySelector("main").dataset;
const find = (id) => document.getElementById(id);

// Showing who is signed in

function show() {
  const tokens = session.currentTokens();
  const claims = tokens && session.claimsOf(tokens.access_token);
  for (const button of document.querySelectorAll("button.account")) {
    const isCurrent = button.dataset.username === claims?.username;
    // An empty value would mean that it is not.
    if (isCurrent) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
    button.querySelector(".go").textContent = isCurrent ? "Signed in" : "Sign in";
  }
  find("leave").hidden = !tokens;
  find("token").hidden = !tokens;
  for (const option of find("credential").options) {
    option.disabled = !tokens && option.value !== "none";
  }
  find("credential").value = tokens ? "access" : "none";
  if (!tokens) return;
  const groups = claims["cognito:groups"]?.join(" and ") ?? "no group";
  const { email } = session.claimsOf(tokens.id_token);
  find("who-text").textContent = `You are ${claims.username} (${email}), in ${groups}.`;
  showClaims(claims);
  showAge();
}

const FIRST_CLAIMS = ["username", "cognito:groups", "client_id", "iss", "token_use", "scope"];
const TIMES = ["auth_time", "iat", "exp"];

function showClaims(claims) {
  const first = FIRST_CLAIMS.filter((name) => name in claims);
  const others = Object.keys(claims).filter((name) => !first.includes(name));
  const names = [...first, ...others.sort()];
  find("claims").replaceChildren(
    ...names.flatMap((name) => {
      const value = claims[name];
      const text = typeof value === "string" ? value : JSON.stringify(value);
      const shown = element("dd", name === "cognito:groups" ? "groups-claim" : "", text);
      if (TIMES.includes(name)) {
        const time = new Date(value * 1000).toLocaleTimeString();
        shown.append(" ", element("span", "meaning", `(${time})`));
      }
      return [element("dt", "", name), shown];
    }),
  );
}

function showAge() {
  const tokens = session.currentTokens();
  if (!tokens) return;
  const seconds = session.claimsOf(tokens.access_token).exp - Math.floor(Date.now() / 1000);
  const minutes = Math.ceil(seconds / 60);
  find("token-age").textContent =
    seconds <= 0
      ? "It has expired: calls get 401 until you renew it."
      : `It is good for another ${minutes === 1 ? "minute" : `${minutes} minutes`}.`;
}

// Waits for something of the session, and says so if it fails.
async function attempt(step) {
  find("notice").hidden = true;
  try {
    await step;
  } catch (error) {
    find("notice").textContent = error.message;
    find("notice").hidden = false;
  }
}

function element(name, className, text = "") {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.textContent = text;
  return made;
}

// Calling the API

function credential() {
  const tokens = session.currentTokens();
  switch (find("credential").value) {
    case "access":
      return tokens.access_token;
    case "forged":
      return session.forge(tokens.access_token, { "cognito:groups": ["admin-group"] });
    case "id":
      return tokens.id_token;
    default:
      return null;
  }
}

async function call(item, isOpen) {
  const answer = item.querySelector(".answer");
  const input = item.querySelector(".path");
  const path = input.value;
  const isPublic = "public" in item.dataset && path === input.defaultValue;
  if (!path.startsWith("/")) {
    const meaning = "A path begins with a slash.";
    return showAnswer(answer, { tone: "other", status: "Not sent", meaning });
  }
  const token = credential();
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const start = performance.now();
  // What is shown is the answer to an earlier call until this one is answered.
  answer.setAttribute("aria-busy", "true");
  try {
    const response = await fetch(apiUrl + path, {
      method: item.dataset.verb,
      headers,
      cache: "no-store",
      credentials: "omit",
      referrerPolicy: "no-referrer",
    });
    const body = await response.text();
    showAnswer(answer, {
      tone: toneOf(response.status),
      status: `${response.status} ${response.statusText}`,
      meaning: meaningOf(response.status, body, token, isPublic),
      took: performance.now() - start,
      body,
      isOpen,
    });
  } catch {
    showAnswer(answer, {
      tone: "other",
      status: "No answer",
      meaning: `Is the gateway running at ${apiUrl}, and may this page read its answers?`,
    });
  }
}

function toneOf(status) {
  if (status < 400) return "yes";
  return status === 401 || status === 403 ? "no" : "other";
}

// What API Gateway says with its answer, in words.
function meaningOf(status, body, token, isPublic) {
  if (status === 401) {
    return token
      ? "The authorizer did not accept the token."
      : "A token is required. The authorizer was not even asked.";
  }
  if (status === 403) {
    if (body.includes("Missing Authentication Token")) return "The API has no such method.";
    return body.includes("explicit deny")
      ? "A policy statement denies it (explicit deny)."
      : "No policy statement allows it (implicit deny).";
  }
  if (status >= 500) return "The authorizer or the back end failed; the terminal says why.";
  if (status >= 400) return "";
  return isPublic ? "Public: the authorizer was not asked." : "Allowed.";
}

function showAnswer(answer, { tone, status, meaning, took, body, isOpen = false }) {
  const details = element("details", tone);
  details.open = isOpen;
  const summary = element("summary");
  summary.append(element("span", "status", status), ` ${meaning} `);
  if (took !== undefined) summary.append(element("span", "took", `${Math.round(took)} ms`));
  details.append(summary, element("pre", "", body ? pretty(body) : "(no body)"));
  answer.replaceChildren(details);
  answer.removeAttribute("aria-busy");
}

function pretty(body) {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}

// Events

for (const button of document.querySelectorAll("button.account")) {
  button.addEventListener("click", () => attempt(session.signIn(button.dataset.username)));
}
for (const item of document.querySelectorAll(".methods > li")) {
  item.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    call(item, true);
  });
}
find("call-all").addEventListener("click", () => {
  for (const item of document.querySelectorAll('.methods > li[data-verb="GET"]')) {
    call(item, false);
  }
});
// What is shown was answered to another token.
find("credential").addEventListener("change", () => {
  for (const answer of document.querySelectorAll(".answer")) answer.replaceChildren();
});
find("sign-out").addEventListener("click", () => attempt(session.signOut()));
find("renew").addEventListener("click", async () => {
  await attempt(session.renew());
  show();
});
find("copy").addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(session.currentTokens().access_token);
    find("copied").textContent = "Copied.";
  } catch {
    find("copied").textContent = "The browser does not allow it.";
  }
});
setInterval(showAge, 1000);

const query = new URLSearchParams(location.search);
show();
if (session.isAnswer(query)) {
  await attempt(session.completeSignIn(query));
  show();
}

// The start page as somebody in front of it sees it: by names and words.

// What the page says of an answer.
export const ALLOWED = "200 OK Allowed.";
export const PUBLIC = "200 OK Public: the authorizer was not asked.";
export const DENIED = "403 Forbidden A policy statement denies it (explicit deny).";
export const NOT_ALLOWED = "403 Forbidden No policy statement allows it (implicit deny).";
export const NOT_SIGNED_IN =
  "401 Unauthorized A token is required. The authorizer was not even asked.";
export const NOT_ACCEPTED = "401 Unauthorized The authorizer did not accept the token.";

export class StartPage {
  #page;

  constructor(page) {
    this.#page = page;
  }

  get notice() {
    return this.#page.getByRole("alert");
  }

  get renewButton() {
    return this.#page.getByRole("button", { name: "Renew" });
  }

  get signOutButton() {
    return this.#page.getByRole("button", { name: "Sign out" });
  }

  accountButton(username) {
    return this.#page.getByRole("button", { name: `Sign in as ${username}` });
  }

  callButton(verb, path) {
    return this.#page.getByRole("button", { name: `Call ${verb} ${path}`, exact: true });
  }

  async signIn(username) {
    await this.accountButton(username).click();
    return this.identity(username);
  }

  // What the page says of who has signed in, once it is `username`.
  identity(username) {
    return this.#page.getByText(`You are ${username} `).innerText();
  }

  // Chooses what goes along with calls.
  send(credential) {
    return this.#page.getByLabel("Send").selectOption(credential);
  }

  // How many answers are shown.
  answers() {
    return this.#page.locator(".answer summary").count();
  }

  // Calls a method of the list, at `path` if that is not its example, and returns what the page
  // says of the answer.
  async call(verb, listed, path) {
    if (path) await this.#page.getByLabel(`Path of ${verb} ${listed}`, { exact: true }).fill(path);
    await this.callButton(verb, listed).click();
    return this.outcome(verb, listed);
  }

  // What the page says of the answer to a call that has been made, without the time it took.
  async outcome(verb, listed) {
    const button = this.callButton(verb, listed);
    const method = this.#page.getByRole("listitem").filter({ has: button });
    const summary = method.locator(".answer:not([aria-busy]) summary");
    return (await summary.innerText()).replace(/\s+\d+ ms$/, "");
  }
}

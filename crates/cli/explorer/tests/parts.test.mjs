// Parts of the page that need no browser.

import assert from "node:assert/strict";
import { test } from "node:test";

import { moved } from "../src/map/keys.js";
import { shown } from "../src/map/model.js";
import { csv } from "../src/parts/download.js";
import { compared } from "../src/parts/text-diff.js";

const CHOICE = { routes: "", subjects: "", only: [], order: "name", folded: [] };
const route = (method, path, more = {}) => ({
  method,
  verbs: [method],
  path,
  summary: "",
  guard: "authorizer",
  ...more,
});
const subject = (name) => ({ subject: `group:${name}`, name, counts: {} });
const ANSWER = {
  revision: "1",
  subjects: ["a", "b", "c"].map(subject),
  routes: [
    route("GET", "/v1/movies"),
    route("PUT", "/v1/movies/{id}"),
    route("GET", "/v1/shows"),
    route("POST", "/v1/shows"),
    route("OPTIONS", "/v1/shows", { guard: "public" }),
    { ...route("page", "/app/*"), verbs: [], guard: "page_pass" },
  ],
  cells: ["ada", "dda", "apa", "ddd", "", "aaa"],
};
const names = (view) =>
  view.rows.map((row) => (row.kind === "family" ? row.name : `${row.route.method} ${row.cells}`));

test("a family is the first part of paths in which any differ, pages are one, preflights are left out", () => {
  const wanted = ["/v1/movies", "GET ada", "PUT dda", "/v1/shows", "GET apa", "POST ddd", "pages", "page aaa"];
  assert.deepEqual(names(shown(ANSWER, CHOICE)), wanted);
});

test("columns that are alike stand together", () => {
  const view = shown(ANSWER, { ...CHOICE, order: "similar" });
  assert.deepEqual(view.subjects, ["group:a", "group:c", "group:b"]);
  assert.equal(names(view)[1], "GET aad");
});

test("only the routes that are so for a subject shown are kept", () => {
  const view = shown(ANSWER, { ...CHOICE, only: ["p"] });
  assert.deepEqual(names(view), ["/v1/shows", "GET apa"]);
  assert.equal(shown(ANSWER, { ...CHOICE, only: ["p"], subjects: "group:a" }).rows.length, 0);
});

test("all families fold, but those named", () => {
  const view = shown(ANSWER, { ...CHOICE, folded: ["*", "/v1/shows"] });
  assert.deepEqual(names(view), ["/v1/movies", "/v1/shows", "GET apa", "POST ddd", "pages"]);
  assert.deepEqual(view.rows[0].shares[0], { allowed: 1, depends: 0, denied: 1 });
});

test("keys stay within the grid", () => {
  const grid = { rows: 5, columns: 3, page: 4 };
  const to = (spot, key, more = {}) => moved(spot, { key, ...more }, grid);
  assert.deepEqual(to({ row: 4, column: 2 }, "ArrowDown"), { row: 4, column: 2 });
  assert.deepEqual(to({ row: 0, column: 0 }, "ArrowLeft"), { row: 0, column: -1 });
  assert.deepEqual(to({ row: 3, column: 1 }, "PageUp"), { row: 0, column: 1 });
  assert.deepEqual(to({ row: 0, column: -1 }, "End", { ctrlKey: true }), { row: 4, column: 2 });
  assert.equal(to({ row: 0, column: 0 }, "a"), null);
});

test("a table's text cannot become a formula or another field", () => {
  assert.equal(
    csv(
      ["a", "b"],
      [
        ["=1+1", 'x "y", z'],
        [-1.5, null],
      ],
    ),
    'a,b\r\n\'=1+1,"x ""y"", z"\r\n-1.5,\r\n',
  );
});

test("texts are compared by their longest common run of lines", () => {
  const lines = compared("a\nb\nc\nd\n", "a\nc\nx\nd\n").map(
    ({ left, right }) => `${left ?? ""}|${right ?? ""}`,
  );
  assert.deepEqual(lines, ["a|a", "b|", "c|c", "|x", "d|d"]);
});

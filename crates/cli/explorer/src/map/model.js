// What the map shows of an answer: which subjects and routes, in which order, under which headings.

/** @import { Letter, MapAnswer, Route } from "../../api.d.ts" */

/**
 * What the address says of the map.
 *
 * @typedef {object} Choice
 * @property {string} routes words that a route must have
 * @property {string} subjects words that a subject must have
 * @property {Letter[]} only a route is shown if it is so for one of the subjects shown; all, if empty
 * @property {"name" | "similar"} order
 * @property {string[]} folded the families of which there is one row only; `*` for all
 */

/**
 * @typedef {{ kind: "route", route: Route, family: string, cells: string, at: number }} RouteRow
 * @typedef {{ kind: "family", name: string, routes: number, shares: Share[], isFolded: boolean }} FamilyRow
 * @typedef {RouteRow | FamilyRow} Row
 */

/**
 * How many of the routes of a family are what, for a subject.
 *
 * @typedef {{ allowed: number, depends: number, denied: number }} Share
 */

/**
 * @typedef {object} Shown
 * @property {string[]} subjects as `group:name`
 * @property {number[]} columns where each of them is in the answer
 * @property {Row[]} rows
 * @property {number} routes how many routes there are among and below the rows
 */

/**
 * @param {MapAnswer} answer
 * @param {Choice} choice
 * @returns {Shown}
 */
export function shown(answer, choice) {
  const columns = columnsOf(answer, choice);
  const chosen = routesOf(answer, choice, columns);
  const isSimilar = choice.order === "similar";
  const ordered = isSimilar
    ? bySimilarity(columns, (column) => chosen.map((at) => answer.cells[at]?.[column] ?? ""))
    : columns;
  /** @type {Row[]} */
  const rows = [];
  for (const [name, members] of families(answer, chosen)) {
    const isFolded = choice.folded.includes("*") !== choice.folded.includes(name);
    rows.push({
      kind: "family",
      name,
      routes: members.length,
      shares: shares(answer, members, ordered),
      isFolded,
    });
    if (isFolded) continue;
    const inOrder = isSimilar
      ? bySimilarity(members, (at) => ordered.map((column) => answer.cells[at]?.[column] ?? ""))
      : members;
    for (const at of inOrder) {
      const route = answer.routes[at];
      if (route)
        rows.push({ kind: "route", route, family: name, cells: picked(answer.cells[at] ?? "", ordered), at });
    }
  }
  const subjects = ordered.map((at) => answer.subjects[at]?.subject ?? "");
  return { subjects, columns: ordered, rows, routes: chosen.length };
}

/**
 * The letter of a cell; none where no policy is asked.
 *
 * @param {RouteRow} row
 * @param {number} column
 */
export function letterAt(row, column) {
  return /** @type {Letter | undefined} */ (row.cells[column]);
}

/** @param {MapAnswer} answer @param {Choice} choice */
function columnsOf(answer, choice) {
  const has = matcher(choice.subjects);
  return indexes(answer.subjects.length).filter((at) => has(answer.subjects[at]?.subject ?? ""));
}

/** @param {MapAnswer} answer @param {Choice} choice @param {number[]} columns */
function routesOf(answer, choice, columns) {
  const has = matcher(choice.routes);
  return indexes(answer.routes.length).filter((at) => {
    const route = answer.routes[at];
    if (!route || isPreflight(route)) return false;
    if (!has(`${route.method} ${route.verbs.join(" ")} ${route.path} ${route.summary}`)) return false;
    const cells = answer.cells[at] ?? "";
    return (
      choice.only.length === 0 ||
      columns.some((column) => choice.only.some((letter) => letter === cells[column]))
    );
  });
}

// Public OPTIONS methods answer CORS preflights: `gatepost matrix` does not show them either.
/** @param {Route} route */
function isPreflight({ guard, verbs }) {
  return guard === "public" && verbs.length === 1 && verbs[0] === "OPTIONS";
}

/**
 * Whether a text has all the words, whatever their case.
 *
 * @param {string} text
 */
function matcher(text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return (/** @type {string} */ candidate) => {
    const low = candidate.toLowerCase();
    return words.every((word) => low.includes(word));
  };
}

/**
 * The routes by the first part of their path in which any differ: `/api/v1` does not make a family of all.
 *
 * @param {MapAnswer} answer
 * @param {number[]} chosen
 * @returns {[string, number[]][]}
 */
function families(answer, chosen) {
  const split = answer.routes.map((route) => route.path.split("/").filter(Boolean));
  const isPage = (/** @type {number} */ at) => answer.routes[at]?.guard === "page_pass";
  const calls = indexes(split.length).filter((at) => !isPage(at));
  const common = commonStart(calls.map((at) => split[at] ?? []));
  /** @type {Map<string, number[]>} */
  const found = new Map();
  for (const at of chosen) {
    const segments = split[at] ?? [];
    const name = isPage(at) ? "pages" : `/${segments.slice(0, common + 1).join("/")}`;
    const members = found.get(name);
    if (members) members.push(at);
    else found.set(name, [at]);
  }
  return [...found];
}

/** @param {string[][]} paths */
function commonStart(paths) {
  const [first = []] = paths;
  let length = 0;
  // The last segment is never part of what is common: a route of its own must have a name.
  while (
    length < first.length - 1 &&
    paths.every((path) => path.length > length && path[length] === first[length])
  ) {
    length += 1;
  }
  return length;
}

/** @param {MapAnswer} answer @param {number[]} members @param {number[]} columns @returns {Share[]} */
function shares(answer, members, columns) {
  return columns.map((column) => {
    const share = { allowed: 0, depends: 0, denied: 0 };
    for (const at of members) {
      const letter = answer.cells[at]?.[column];
      if (letter === "a") share.allowed += 1;
      else if (letter === "d" || letter === "x") share.denied += 1;
      else if (letter) share.depends += 1;
    }
    return share;
  });
}

/**
 * A walk that goes on to whatever is most like the last one, from the first; ties keep the order.
 *
 * @param {number[]} items
 * @param {(item: number) => string[]} lettersOf the cells of an item
 */
function bySimilarity(items, lettersOf) {
  // Bytes, since some thousand pairs are compared while somebody waits.
  const rest = items.map((item) => ({
    item,
    cells: Uint8Array.from(lettersOf(item), (letter) => letter.charCodeAt(0)),
  }));
  const walked = rest.splice(0, 1);
  while (rest.length > 0) {
    const last = walked.at(-1)?.cells ?? new Uint8Array();
    let nearest = 0;
    let least = Infinity;
    for (const [at, { cells }] of rest.entries()) {
      const distance = unlike(last, cells, least);
      if (distance < least) [nearest, least] = [at, distance];
    }
    walked.push(...rest.splice(nearest, 1));
  }
  return walked.map(({ item }) => item);
}

/**
 * How many cells differ, or `enough`, if it is no less.
 *
 * @param {Uint8Array} a
 * @param {Uint8Array} b
 * @param {number} enough
 */
function unlike(a, b, enough) {
  let count = 0;
  for (let at = 0; at < a.length && count < enough; at += 1) if (a[at] !== b[at]) count += 1;
  return count;
}

/** @param {string} cells @param {number[]} columns */
const picked = (cells, columns) => (cells ? columns.map((at) => cells[at] ?? "").join("") : "");

/** @param {number} count */
const indexes = (count) => Array.from({ length: count }, (_, at) => at);

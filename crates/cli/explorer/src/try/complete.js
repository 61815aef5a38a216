// Completion in a policy document: the names and values that its schema has for a place, and the paths of
// the API's routes.

import { DOCUMENT } from "./schema.js";

/**
 * @import { Schema } from "./schema.js"
 *
 * @typedef {typeof import("../../vendor/codemirror.js")} CodeMirror
 * @typedef {import("@codemirror/autocomplete").CompletionContext} Context
 * @typedef {import("@codemirror/autocomplete").CompletionResult} Result
 * @typedef {import("@codemirror/autocomplete").Completion} Completion
 * @typedef {import("@lezer/common").SyntaxNode} Node
 */

/**
 * @param {CodeMirror} codemirror
 * @param {() => string[]} resources patterns of the routes there are, such as `GET/movies/*`
 * @returns {(context: Context) => Result | null}
 */
export function completions({ syntaxTree }, resources) {
  return (context) => {
    const { state, pos, explicit } = context;
    const node = syntaxTree(state).resolveInner(pos, -1);
    const textOf = (/** @type {Node} */ { from, to }) => state.sliceDoc(from, to);
    const literal = node.name === "String" || node.name === "PropertyName" ? node : null;
    if (!literal && !explicit) return null;
    const holder = literal?.parent ?? node;
    const isName = node.name === "PropertyName" || (!literal && holder.name === "Object");
    const path = pathOf(isName ? holder.parent : holder, textOf, isName);
    const schema = schemaAt(path);
    if (!schema) return null;
    const from = literal ? literal.from : pos;
    const to = literal ? literal.to : pos;
    const options = isName
      ? names(schema, taken(holder.name === "Object" ? holder : holder.parent, textOf))
      : values(schema, path, resources);
    return options.length > 0 ? { from, to, options, validFor: /^"[^"]*"?$/ } : null;
  };
}

/** @param {Schema} schema @param {Set<string>} there @returns {Completion[]} */
function names({ properties = {}, required = [] }, there) {
  return Object.entries(properties)
    .filter(([name]) => !there.has(name))
    .map(([name, { description = "", type }]) => ({
      label: `"${name}"`,
      apply: `"${name}": ${type === "object" ? "{}" : type === "array" ? "[]" : '""'}`,
      detail: description,
      type: "property",
      boost: required.includes(name) ? 1 : 0,
    }));
}

/** @param {Schema} schema @param {string[]} path @param {() => string[]} resources @returns {Completion[]} */
function values(schema, path, resources) {
  const isResource = path.some((name) => name === "Resource" || name === "NotResource");
  const known = schema.enum ?? [...(schema.examples ?? []), ...(isResource ? resources() : [])];
  return [...new Set(known)].map((value) => ({ label: `"${value}"`, type: "constant" }));
}

/**
 * Where a node is: names of members, and `*` for what is in a list.
 *
 * @param {Node | null} start
 * @param {(node: Node) => string} textOf
 * @param {boolean} isName
 */
function pathOf(start, textOf, isName) {
  /** @type {string[]} */
  const path = [];
  let node = isName && start?.name === "Object" ? start.parent : start;
  for (; node; node = node.parent) {
    if (node.name === "Array") path.unshift("*");
    const name = node.name === "Property" ? node.getChild("PropertyName") : null;
    if (name) path.unshift(textOf(name).replaceAll('"', ""));
  }
  return path;
}

/** @param {string[]} path @returns {Schema | undefined} */
function schemaAt(path) {
  /** @type {Schema | undefined} */
  let schema = DOCUMENT;
  for (const name of path) {
    if (name === "*") schema = schema?.items ?? schema;
    // A statement may stand alone, and not in a list.
    else schema = (schema?.properties ?? schema?.items?.properties)?.[name] ?? schema?.additionalProperties;
  }
  return schema;
}

/** @param {Node | null} object @param {(node: Node) => string} textOf */
function taken(object, textOf) {
  const members = object?.getChildren("Property") ?? [];
  return new Set(
    members.map((member) => textOf(member.getChild("PropertyName") ?? member).replaceAll('"', "")),
  );
}

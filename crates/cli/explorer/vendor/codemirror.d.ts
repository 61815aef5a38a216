export * from "../vendor-src/codemirror.js";

export * from "../vendor-src/preact.js";

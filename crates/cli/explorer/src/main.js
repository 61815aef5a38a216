// The explorer: starts it.

import { html, render } from "../vendor/preact.js";
import { listen } from "./live.js";
import { followLinks } from "./router.js";
import { Shell } from "./shell.js";

followLinks();
listen();

const root = document.getElementById("page");
if (root) render(html`<${Shell} />`, root);

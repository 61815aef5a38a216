// Ask: about one call, about one route, or about one subject.

import { html } from "../../vendor/preact.js";
import { parts } from "../router.js";
import { OneCall } from "./one-call.js";
import { What } from "./what.js";
import { Who } from "./who.js";

const QUESTIONS = [
  { name: "", href: "/ask", label: "May they call it?", view: OneCall },
  { name: "who", href: "/ask/who", label: "Who can call it?", view: Who },
  { name: "what", href: "/ask/what", label: "What can they do?", view: What },
];

export function AskView() {
  const name = parts.value[1] ?? "";
  const question = QUESTIONS.find((candidate) => candidate.name === name) ?? QUESTIONS[0];
  return html`<h1 class="unseen">Ask</h1>
    <nav class="tabs" aria-label="Questions">
      ${QUESTIONS.map(
        ({ href, label, ...other }) =>
          html`<a href=${href} aria-current=${other.name === question?.name ? "page" : undefined}>${label}</a>`,
      )}
    </nav>
    ${question && html`<${question.view} />`}`;
}

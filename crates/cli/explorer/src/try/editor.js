// The editor. It lives in a shadow root: there CodeMirror adopts its style sheets, which the page's
// Content-Security-Policy allows, and makes no style elements, which it does not.

import { html, useLayoutEffect, useRef, useSignal } from "../../vendor/preact.js";
import { Failure } from "../parts/state.js";
import { completions } from "./complete.js";

/**
 * @typedef {typeof import("../../vendor/codemirror.js")} CodeMirror
 * @typedef {import("@codemirror/view").EditorView} EditorView
 *
 * @typedef {object} Mark a place in the text of which there is something to say
 * @property {number} line from 1
 * @property {number} column from 1
 * @property {"error" | "warning" | "info"} severity
 * @property {string} message
 */

/**
 * @typedef {object} Props
 * @property {string} label
 * @property {string} text
 * @property {Mark[]} marks
 * @property {string[]} resources patterns to complete
 * @property {boolean} isReadOnly
 * @property {(text: string) => void} onChange
 * @property {() => void} onSave
 */

/** @param {Props} props */
export function Editor(props) {
  const host = useRef(/** @type {HTMLDivElement | null} */ (null));
  const latest = useRef(props);
  const editor = useSignal(/** @type {{ view: EditorView, codemirror: CodeMirror } | null} */ (null));
  const error = useSignal(/** @type {Error | null} */ (null));
  latest.current = props;

  useLayoutEffect(() => {
    let isGone = false;
    import("../../vendor/codemirror.js").then(
      (codemirror) => {
        const element = host.current;
        if (isGone || !element) return;
        const root = element.shadowRoot ?? element.attachShadow({ mode: "open" });
        editor.value = { view: made(codemirror, root, () => latest.current), codemirror };
      },
      (/** @type {Error} */ failure) => (error.value = failure),
    );
    return () => {
      isGone = true;
      editor.value?.view.destroy();
    };
  }, []);

  // Another text than the one written here: a draft of another tab, or what was saved elsewhere. It can be
  // undone as what is typed can.
  useLayoutEffect(() => {
    const view = editor.value?.view;
    if (!view || view.state.doc.toString() === props.text) return;
    view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: props.text } });
  }, [editor.value, props.text]);

  useLayoutEffect(() => {
    if (!editor.value) return;
    const { view, codemirror } = editor.value;
    const diagnostics = props.marks.map((mark) => diagnostic(view, mark));
    view.dispatch(codemirror.setDiagnostics(view.state, diagnostics));
  }, [editor.value, JSON.stringify(props.marks)]);

  return html`${error.value && html`<${Failure} error=${error.value} />`}
    <div class="editor" ref=${host}></div>`;
}

/**
 * @param {CodeMirror} codemirror
 * @param {ShadowRoot} root
 * @param {() => Props} props
 */
function made(codemirror, root, props) {
  const { EditorState, EditorView, keymap } = codemirror;
  const { label, text, isReadOnly } = props();
  const save = { key: "Mod-s", preventDefault: true, run: () => (props().onSave(), true) };
  return new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: text,
      extensions: [
        codemirror.lineNumbers(),
        codemirror.foldGutter(),
        codemirror.lintGutter(),
        codemirror.highlightSpecialChars(),
        codemirror.history(),
        codemirror.drawSelection(),
        codemirror.indentOnInput(),
        codemirror.bracketMatching(),
        codemirror.closeBrackets(),
        codemirror.search({ top: true }),
        codemirror.highlightSelectionMatches(),
        codemirror.highlightActiveLine(),
        codemirror.highlightActiveLineGutter(),
        codemirror.json(),
        codemirror.syntaxHighlighting(colors(codemirror)),
        codemirror.autocompletion({ override: [completions(codemirror, () => props().resources)] }),
        // The Tab key leaves the editor, as it leaves every field.
        keymap.of([
          save,
          ...codemirror.closeBracketsKeymap,
          ...codemirror.completionKeymap,
          ...codemirror.defaultKeymap,
          ...codemirror.searchKeymap,
          ...codemirror.historyKeymap,
          ...codemirror.foldKeymap,
          ...codemirror.lintKeymap,
        ]),
        EditorState.readOnly.of(isReadOnly),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" }),
        EditorView.theme(THEME),
        EditorView.domEventHandlers({
          beforeinput: (event, view) => replaceSelection(codemirror, event, view),
        }),
        EditorView.updateListener.of((update) => {
          if (!update.docChanged) return;
          const changed = update.state.doc.toString();
          if (changed !== props().text) props().onChange(changed);
        }),
      ],
    }),
  });
}

// Over a selection a browser puts what is typed into an element with the style of what was there, which the
// Content-Security-Policy does not allow: the text is put there without it.
/** @param {CodeMirror} codemirror @param {InputEvent} event @param {EditorView} view */
function replaceSelection({ EditorView }, { inputType, data, isComposing }, view) {
  const { from, to, empty } = view.state.selection.main;
  if (inputType !== "insertText" || data === null || isComposing || empty) return false;
  const insert = () =>
    view.state.update(view.state.replaceSelection(data), { userEvent: "input.type", scrollIntoView: true });
  const isHandled = view.state
    .facet(EditorView.inputHandler)
    .some((handle) => handle(view, from, to, data, insert));
  if (!isHandled) view.dispatch(insert());
  return true;
}

/** @param {EditorView} view @param {Mark} mark */
function diagnostic({ state }, { line, column, severity, message }) {
  const { from, to } = state.doc.line(Math.max(1, Math.min(line, state.doc.lines)));
  const start = Math.min(from + Math.max(0, column - 1), to);
  // Up to the end of the word or the text that begins there.
  const word = /^("[^"]*"|[^\s,]+)/.exec(state.sliceDoc(start, to))?.[0].length ?? 0;
  return { from: start, to: Math.min(to, start + word), severity, message };
}

/** @param {CodeMirror} codemirror */
function colors({ HighlightStyle, tags }) {
  return HighlightStyle.define([
    { tag: tags.propertyName, color: "var(--accent)" },
    { tag: tags.string, color: "var(--text)" },
    { tag: [tags.number, tags.bool, tags.null], color: "var(--other)" },
    { tag: [tags.brace, tags.squareBracket, tags.separator], color: "var(--quiet)" },
    { tag: tags.invalid, color: "var(--no)" },
  ]);
}

const THEME = {
  "&": { height: "100%", color: "var(--text)", backgroundColor: "var(--panel)", fontSize: "0.875rem" },
  // The ring is around the host: it would be below the gutters here.
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55" },
  ".cm-content": { caretColor: "var(--text)" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  ".cm-gutters": {
    color: "var(--quiet)",
    backgroundColor: "var(--panel)",
    borderRight: "1px solid var(--line)",
  },
  ".cm-activeLine, .cm-activeLineGutter": {
    backgroundColor: "color-mix(in srgb, var(--accent-soft) 55%, transparent)",
  },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "var(--selection)",
  },
  ".cm-tooltip": {
    color: "var(--text)",
    backgroundColor: "var(--panel)",
    border: "1px solid var(--edge)",
    borderRadius: "0.4rem",
  },
  ".cm-tooltip-autocomplete ul li[aria-selected]": {
    color: "var(--accent-text)",
    backgroundColor: "var(--accent)",
  },
  ".cm-completionDetail": { color: "inherit", fontStyle: "normal", marginLeft: "1em" },
  ".cm-panels": { color: "var(--text)", backgroundColor: "var(--ground)" },
  ".cm-textfield, .cm-button": {
    color: "inherit",
    background: "var(--panel)",
    border: "1px solid var(--edge)",
  },
  ".cm-matchingBracket": {
    backgroundColor: "var(--accent-soft) !important",
    outline: "1px solid var(--accent)",
  },
  ".cm-diagnostic-info": { borderLeftColor: "var(--edge)" },
  ".cm-foldPlaceholder": { color: "var(--text)", backgroundColor: "var(--accent-soft)", border: "none" },
};

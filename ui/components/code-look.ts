import { json } from "@codemirror/lang-json";
import { python } from "@codemirror/lang-python";
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import type { Extension } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { styleNonce } from "@/lib/nonce";

const LOOK = EditorView.theme({
  "&": { backgroundColor: "var(--surface)", color: "var(--ink)", fontSize: "12.5px" },
  "&.cm-focused": { outline: "2px solid var(--accent)", outlineOffset: "1px" },
  ".cm-content": { fontFamily: "var(--font-mono)", caretColor: "var(--ink)" },
  ".cm-gutters": { backgroundColor: "var(--sunken)", color: "var(--ink-soft)", border: "none" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "transparent" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "var(--accent-soft) !important",
  },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  ".cm-tooltip": {
    backgroundColor: "var(--raised)",
    border: "1px solid var(--line)",
    color: "var(--ink)",
  },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": {
    backgroundColor: "var(--accent-soft)",
    color: "var(--ink)",
  },
  ".cm-completionDetail": { color: "var(--ink-soft)" },
  ".cm-placeholder": { color: "var(--ink-soft)" },
  ".cm-bad-line": { backgroundColor: "var(--bad-soft)" },
});

const COLOURS = syntaxHighlighting(
  HighlightStyle.define([
    { tag: [tags.keyword, tags.operatorKeyword, tags.bool, tags.null], color: "var(--accent)" },
    { tag: [tags.string, tags.special(tags.string)], color: "var(--ok)" },
    { tag: [tags.number], color: "var(--wait)" },
    { tag: [tags.comment], color: "var(--ink-soft)", fontStyle: "italic" },
    { tag: [tags.propertyName, tags.definition(tags.variableName)], color: "var(--run)" },
    { tag: [tags.invalid], color: "var(--bad)" },
  ]),
);

function nonce(): Extension {
  const given = styleNonce();
  return given ? EditorView.cspNonce.of(given) : [];
}

export type Language = "json" | "python";

const LANGUAGES: Record<Language, Extension> = { json: json(), python: python() };

/** What every box of code looks like, in the house's colours. */
export function look(language?: Language): Extension {
  return [LOOK, COLOURS, nonce(), EditorView.lineWrapping, language ? LANGUAGES[language] : []];
}

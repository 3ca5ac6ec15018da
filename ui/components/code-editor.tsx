"use client";

import { autocompletion, type CompletionContext, completionKeymap } from "@codemirror/autocomplete";
import { json } from "@codemirror/lang-json";
import { python } from "@codemirror/lang-python";
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import type { Extension } from "@codemirror/state";
import { keymap } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import CodeMirror, { EditorView } from "@uiw/react-codemirror";
import { useMemo } from "react";
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

const LANGUAGES: Record<string, Extension[]> = { json: [json()], python: [python()] };

/** What could stand at the end of a text, and where it begins. */
export interface Completion {
  from: number;
  options: { label: string; detail: string; kind: string }[];
}

type Complete = (before: string) => Completion | null;

function completing(complete: Complete): Extension[] {
  const source = (context: CompletionContext) => {
    const found = complete(context.state.doc.sliceString(0, context.pos));
    if (!found || (found.options.length === 0 && !context.explicit)) return null;
    const options = found.options.map(({ kind, ...rest }) => ({ ...rest, type: kind }));
    return { from: found.from, options, validFor: /^\w*$/ };
  };
  return [autocompletion({ override: [source], icons: false }), keymap.of(completionKeymap)];
}

interface CodeEditorProps {
  value: string;
  onChange?: (value: string) => void;
  language?: "json" | "python";
  /** Must be the same function at every drawing. */
  complete?: Complete;
  label: string;
  lines?: boolean;
  minHeight?: string;
  maxHeight?: string;
  placeholder?: string;
  onBlur?: () => void;
  onFocus?: () => void;
}

/** CodeMirror in the house's colours; Tab leaves it, so that the keyboard is never caught. */
export default function CodeEditor({
  value,
  onChange,
  language,
  complete,
  label,
  lines = true,
  minHeight = "2rem",
  maxHeight = "24rem",
  placeholder = "",
  ...rest
}: CodeEditorProps) {
  const all = useMemo(
    () => [
      LOOK,
      COLOURS,
      nonce(),
      EditorView.lineWrapping,
      EditorView.contentAttributes.of({ "aria-label": label }),
      ...(language ? (LANGUAGES[language] ?? []) : []),
      ...(complete ? completing(complete) : []),
    ],
    [language, complete, label],
  );
  return (
    <CodeMirror
      value={value}
      {...(onChange ? { onChange } : {})}
      editable={Boolean(onChange)}
      theme="none"
      extensions={all}
      minHeight={minHeight}
      maxHeight={maxHeight}
      placeholder={placeholder}
      indentWithTab={false}
      basicSetup={{ lineNumbers: lines, foldGutter: lines, highlightActiveLine: false }}
      className="overflow-hidden rounded-md border border-line"
      {...rest}
    />
  );
}

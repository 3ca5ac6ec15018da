"use client";

import { autocompletion, type CompletionContext, completionKeymap } from "@codemirror/autocomplete";
import type { Extension } from "@codemirror/state";
import { Decoration, keymap } from "@codemirror/view";
import CodeMirror, { EditorView } from "@uiw/react-codemirror";
import { useMemo } from "react";
import { type Language, look } from "./code-look";

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

function marked(line: number): Extension {
  return EditorView.decorations.of(({ state: { doc } }) =>
    line > doc.lines
      ? Decoration.none
      : Decoration.set(Decoration.line({ class: "cm-bad-line" }).range(doc.line(line).from)),
  );
}

interface CodeEditorProps {
  value: string;
  onChange?: (value: string) => void;
  language?: Language;
  /** Must be the same function at every drawing. */
  complete?: Complete;
  label: string;
  lines?: boolean;
  minHeight?: string;
  maxHeight?: string;
  placeholder?: string;
  /** The line, from 1, that something went wrong at. */
  badLine?: number | undefined;
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
  badLine,
  ...rest
}: CodeEditorProps) {
  const all = useMemo(
    () => [
      look(language),
      EditorView.contentAttributes.of({ "aria-label": label }),
      ...(complete ? completing(complete) : []),
      ...(badLine ? [marked(badLine)] : []),
    ],
    [language, complete, label, badLine],
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

"use client";

import { EditorState } from "@codemirror/state";
import { EditorView, lineNumbers } from "@codemirror/view";
import { useEffect, useRef } from "react";
import { type Language, look } from "./code-look";

const TALL = EditorView.theme({
  "&": { maxHeight: "55vh" },
  ".cm-scroller": { overflow: "auto" },
});

interface CodeReaderProps {
  label: string;
  text: string;
  language?: Language | undefined;
}

/** A long text to read: only what is in sight is drawn, and it stays in sight when more comes. */
export function CodeReader({ label, text, language }: CodeReaderProps) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  useEffect(() => {
    if (!place.current) return;
    const made = new EditorView({ parent: place.current, extensions: reading(label, language) });
    view.current = made;
    return () => made.destroy();
  }, [label, language]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another label or language makes another view
  useEffect(() => {
    if (view.current) become(view.current, text);
  }, [text, label, language]);
  return <div ref={place} className="overflow-hidden rounded-md border border-line" />;
}

function reading(label: string, language: Language | undefined) {
  return [
    look(language),
    TALL,
    lineNumbers(),
    EditorState.readOnly.of(true),
    EditorView.editable.of(false),
    // Not editable, but within the keyboard's reach.
    EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" }),
  ];
}

/** Change no more than differs: usually something is added at the end. */
function become(view: EditorView, text: string): void {
  const before = view.state.doc.toString();
  const most = Math.min(before.length, text.length);
  let same = 0;
  while (same < most && before.charCodeAt(same) === text.charCodeAt(same)) same += 1;
  view.dispatch({ changes: { from: same, to: before.length, insert: text.slice(same) } });
}

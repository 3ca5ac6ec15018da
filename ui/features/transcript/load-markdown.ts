import { type ComponentType, useEffect } from "react";
import { create } from "zustand";
import type { MarkdownProps } from "./markdown";

const useLoaded = create<{ Markdown: ComponentType<MarkdownProps> | null }>(() => ({
  Markdown: null,
}));

/** What draws Markdown, loaded by whoever first shows a conversation; null until it is there. */
export function useMarkdown(): ComponentType<MarkdownProps> | null {
  useEffect(() => {
    // Without it, answers are shown as they were written.
    void import("./markdown").then(
      ({ Markdown }) => useLoaded.setState({ Markdown }),
      () => undefined,
    );
  }, []);
  return useLoaded(({ Markdown }) => Markdown);
}

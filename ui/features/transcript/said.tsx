import { JsonView } from "@/components/json-view";
import { read } from "./entries";
import { useMarkdown } from "./load-markdown";
import { Plain } from "./plain";

const BEGINS_JSON = /^\s*(?:\{|\[\s*["{[\d\]])/;

interface SaidProps {
  text: string;
  /** More of it may come. */
  speaking?: boolean;
}

/** What an agent says, in Markdown; a finished answer in JSON as a tree. */
export function Said({ text, speaking = false }: SaidProps) {
  const Markdown = useMarkdown();
  const value = speaking || !/^\s*[{[]/.test(text) ? null : read(text);
  if (typeof value === "object" && value !== null) return <JsonView value={value} />;
  const plain = Markdown === null || (speaking && BEGINS_JSON.test(text));
  return plain ? <Plain text={text} /> : <Markdown text={text} speaking={speaking} />;
}

import { useTranslations } from "next-intl";
import {
  Component,
  type ComponentProps,
  createContext,
  memo,
  type ReactNode,
  useContext,
} from "react";
import ReactMarkdown, { type Components } from "react-markdown";
import remarkGfm from "remark-gfm";
import { blocksOf, definitionsIn, isTooMuch, withoutNotes } from "./blocks";
import "./markdown.css";
import { Plain } from "./plain";
import { drawable } from "./unfinished";

const PLUGINS = [remarkGfm];
const LONGEST = 100_000;

export interface MarkdownProps {
  text: string;
  /** More of it may come. */
  speaking: boolean;
}

/**
 * A text in Markdown, drawn block by block so that a further piece draws only the last one again.
 * HTML in it stays text, nothing is loaded, and links lead nowhere but to other sites and mail.
 */
export function Markdown({ text, speaking }: MarkdownProps) {
  if (text.length > LONGEST) return <Plain text={text} />;
  const blocks = blocksOf(text);
  // One that grows would draw every block again.
  const definitions = speaking ? "" : definitionsIn(text);
  const last = blocks.length - 1;
  return (
    <div className="markdown">
      {blocks.map((block, index) => (
        <Block
          // biome-ignore lint/suspicious/noArrayIndexKey: blocks are only added
          key={index}
          text={speaking && index === last ? drawable(block) : block}
          definitions={definitions}
        />
      ))}
    </div>
  );
}

interface BlockProps {
  text: string;
  definitions: string;
}

const Block = memo(function Block({ text, definitions }: BlockProps) {
  if (isTooMuch(text)) return <Plain text={text} />;
  return (
    <Fallback text={text}>
      <ReactMarkdown remarkPlugins={PLUGINS} components={COMPONENTS} urlTransform={outside}>
        {`${definitions}\n\n${withoutNotes(text)}`}
      </ReactMarkdown>
    </Fallback>
  );
});

/** Shows the text as it is where it cannot be drawn. */
class Fallback extends Component<{ text: string; children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    return this.state.failed ? <Plain text={this.props.text} /> : this.props.children;
  }
}

/** An address that may be opened; empty for any other. */
function outside(url: string): string {
  return /^(?:https?:\/\/|mailto:)/i.test(url) ? url : "";
}

const InLink = createContext(false);

function Away({ href, children }: ComponentProps<"a">) {
  if (!href) return <span>{children}</span>;
  return (
    <a href={href} title={href} target="_blank" rel="noopener noreferrer">
      <InLink.Provider value={true}>{children}</InLink.Provider>
    </a>
  );
}

/** A link instead of a picture: to load one would tell its server what the model wrote there. */
function Picture({ src, alt }: ComponentProps<"img">) {
  const t = useTranslations("transcript");
  const address = typeof src === "string" ? src : "";
  const text = alt || address || t("picture");
  return useContext(InLink) ? text : <Away href={address}>{text}</Away>;
}

function Heading({ level, children }: { level: 3 | 4 | 5 | 6; children?: ReactNode }) {
  const Tag = `h${level}` as const;
  return <Tag>{children}</Tag>;
}

function Code({ children }: ComponentProps<"pre">) {
  // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
  return <pre tabIndex={0}>{children}</pre>;
}

function Table({ children }: ComponentProps<"table">) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
    <div className="markdown-table" tabIndex={0}>
      <table>{children}</table>
    </div>
  );
}

function Task({ checked }: ComponentProps<"input">) {
  const t = useTranslations("transcript");
  return (
    <>
      <span aria-hidden>{checked ? "☑" : "☐"}</span>
      <span className="sr-only">{t(checked ? "taskDone" : "taskOpen")}</span>
    </>
  );
}

// The page's own headings are above those of an answer.
const COMPONENTS: Components = {
  a: Away,
  img: Picture,
  pre: Code,
  table: Table,
  input: Task,
  h1: ({ children }) => <Heading level={3}>{children}</Heading>,
  h2: ({ children }) => <Heading level={4}>{children}</Heading>,
  h3: ({ children }) => <Heading level={5}>{children}</Heading>,
  h4: ({ children }) => <Heading level={6}>{children}</Heading>,
  h5: ({ children }) => <Heading level={6}>{children}</Heading>,
};

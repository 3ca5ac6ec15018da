import { readdirSync } from "node:fs";
import { join } from "node:path";
import { type MessageFormatElement, parse, TYPE } from "@formatjs/icu-messageformat-parser";
import { describe, expect, it } from "vitest";
import { messages as en } from "./en";
import { messages as ko } from "./ko";

/** Texts that are the same in Korean. */
const UNTRANSLATED = new Set([
  "Anthropic",
  "GLM",
  "ID",
  "JSON",
  "MCP",
  "OpenAI",
  "Python",
  "Shell",
  "URL",
]);
const HANGUL = /\p{Script=Hangul}/u;

function flat(value: unknown, path = ""): [string, unknown][] {
  if (typeof value !== "object" || value === null) return [[path, value]];
  return Object.entries(value).flatMap(([key, item]) => flat(item, path ? `${path}.${key}` : key));
}

interface Parts {
  /** Every placeholder and `<tag>`; Korean has no plural, so it may name a number plainly. */
  names: string[];
  words: string;
}

function partsOf(text: string): Parts {
  const names = new Set<string>();
  let words = "";
  const walk = (elements: MessageFormatElement[]): void => {
    for (const element of elements) {
      if (element.type === TYPE.literal) words += element.value;
      else if (element.type === TYPE.tag) names.add(`<${element.value}>`);
      else if (element.type !== TYPE.pound) names.add(element.value);
      if (element.type === TYPE.tag) walk(element.children);
      if (element.type === TYPE.plural || element.type === TYPE.select)
        for (const option of Object.values(element.options)) walk(option.value);
    }
  };
  walk(parse(text));
  return { names: [...names].sort(), words };
}

const english = new Map(flat(en));
const korean = new Map(flat(ko));
const languages = Object.entries({ en: english, ko: korean });

describe.each(languages)("messages in %s", (language, texts) => {
  it("every file is taken up", () => {
    const files = readdirSync(join(import.meta.dirname, language))
      .filter((name) => name.endsWith(".json"))
      .map((name) => name.replace(".json", ""));
    expect(Object.keys(language === "en" ? en : ko).sort()).toEqual(files.sort());
  });

  it("no text is empty or has blanks at its ends", () => {
    const bad = [...texts].filter(
      ([, text]) => typeof text !== "string" || text === "" || text !== text.trim(),
    );
    expect(bad).toEqual([]);
  });

  it("every text can be read by the message format", () => {
    const bad = [...texts].filter(([, text]) => {
      try {
        parse(String(text));
        return false;
      } catch {
        return true;
      }
    });
    expect(bad).toEqual([]);
  });
});

describe("English and Korean", () => {
  it("have the same keys", () => {
    expect([...english.keys()].filter((key) => !korean.has(key))).toEqual([]);
    expect([...korean.keys()].filter((key) => !english.has(key))).toEqual([]);
  });

  it("have the same placeholders and tags", () => {
    const names = (texts: Map<string, unknown>) =>
      Object.fromEntries([...texts].map(([key, text]) => [key, partsOf(String(text)).names]));
    expect(names(korean)).toEqual(names(english));
  });

  it("Korean texts are in Korean, but for a few names", () => {
    const foreign = [...korean].filter(([, text]) => {
      const { words } = partsOf(String(text));
      return /\p{L}/u.test(words) && !HANGUL.test(words) && !UNTRANSLATED.has(words);
    });
    expect(foreign).toEqual([]);
  });

  it("English texts hold no Korean", () => {
    expect([...english].filter(([, text]) => HANGUL.test(String(text)))).toEqual([]);
  });
});

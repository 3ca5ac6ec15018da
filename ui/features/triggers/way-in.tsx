import { useTranslations } from "next-intl";
import { useState } from "react";
import { CopyButton } from "@/components/copy-button";
import { LANGUAGES, type SnippetLanguage, snippet } from "./snippets";
import type { WebhookConfig } from "./types";

/** What languages are called, everywhere. */
const NAMES: Record<SnippetLanguage, string> = {
  curl: "curl + openssl",
  python: "Python",
  node: "Node.js",
};

interface WayInProps {
  /** The path of the hook. */
  url: string;
  config: WebhookConfig;
}

/** Where a webhook is called, and how a program signs its calls. */
export function WayIn({ url, config }: WayInProps) {
  const t = useTranslations("triggers");
  const [language, setLanguage] = useState<SnippetLanguage>("curl");
  const whole = new URL(url, window.location.origin).href;
  const program = snippet(language, config.verification, whole);
  return (
    <section
      aria-labelledby="way-in"
      className="min-w-0 rounded-lg border border-line bg-surface p-4"
    >
      <h2 id="way-in" className="mb-2 font-semibold text-base">
        {t("wayIn")}
      </h2>
      <div className="mb-3 flex items-center gap-1 rounded-md bg-sunken py-1 pr-1 pl-3">
        <code className="min-w-0 flex-1 break-all text-xs" data-hook-url>
          {whole}
        </code>
        <CopyButton label={t("copyUrl")} text={whole} />
      </div>
      <p className="mb-2 text-ink-soft text-xs">
        {config.secret ? t("signHint", { secret: config.secret }) : t("unproven")}
      </p>
      <div className="mb-1 flex flex-wrap items-center gap-1">
        {LANGUAGES.map((each) => (
          <button
            key={each}
            type="button"
            aria-pressed={each === language}
            onClick={() => setLanguage(each)}
            className="rounded px-2 py-1 text-ink-soft text-xs hover:bg-sunken aria-pressed:bg-accent-soft aria-pressed:text-accent"
          >
            {NAMES[each]}
          </button>
        ))}
        <span className="ml-auto">
          <CopyButton label={t("copyProgram")} text={program} />
        </span>
      </div>
      <section
        aria-label={t("program", { language: NAMES[language] })}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
        tabIndex={0}
        className="max-h-80 overflow-auto rounded-md bg-sunken p-3"
      >
        <pre className="font-mono text-xs leading-5">{program}</pre>
      </section>
    </section>
  );
}

import { useTranslations } from "next-intl";
import { useCallback } from "react";
import { useMayWrite } from "@/features/auth";
import { guessedInputs } from "@/features/editors";
import type { Schema } from "@/features/forms";
import type { JsonObject } from "@/features/graph";
import { type Answer, type Attempt, Trial, trySpec, tryStored } from "@/features/trial";
import { useCatalog } from "@/lib/api/catalog";
import type { Tool } from "./api";
import { contentOf, type Draft, runsAlike } from "./draft";

interface ToolTrialProps {
  draft: Draft;
  stored: Tool | null;
  onInputs: (inputs: JsonObject) => void;
  /** The line of the code that failed, as far as it is known. */
  onBadLine: (line: number | undefined) => void;
}

/** Tries what is written; a stored tool that is unchanged as it is stored. */
export function ToolTrial({ draft, stored, onInputs, onBadLine }: ToolTrialProps) {
  const t = useTranslations("tools");
  const mayWrite = useMayWrite();
  const asStored = stored !== null && runsAlike(draft, stored);
  const { config, input_schema, output_schema } = contentOf(draft);
  const { data: catalog } = useCatalog();
  const helper = catalog?.builtins.find(
    (each) => config.kind === "builtin" && each.name === config.name,
  );
  const guessed = (helper?.input_schema as Schema | undefined) ?? guessedInputs(config);
  const run = (attempt: Attempt) =>
    asStored
      ? tryStored(stored.id, attempt)
      : trySpec({ config, input_schema, output_schema }, attempt);
  const answered = useCallback(
    (answer: Answer | null) => onBadLine(answer ? lineOf(answer) : undefined),
    [onBadLine],
  );
  return (
    <section
      aria-labelledby="try-it"
      className="min-w-0 rounded-lg border border-line bg-surface p-4 lg:sticky lg:top-4 lg:max-h-[calc(100dvh-2rem)] lg:overflow-auto"
    >
      <h2 id="try-it" className="font-semibold text-base">
        {t("tryTitle")}
      </h2>
      <p className="mt-1 mb-3 text-ink-soft text-xs">{t(asStored ? "tryStored" : "tryDraft")}</p>
      <Trial
        schema={(input_schema as Schema | null) ?? guessed}
        run={run}
        blocked={mayWrite ? undefined : t("viewersLook")}
        onInputs={onInputs}
        onAnswer={answered}
      />
    </section>
  );
}

function lineOf({ error }: Answer): number | undefined {
  const details = error?.details as JsonObject | null | undefined;
  return typeof details?.line === "number" && details.line > 0 ? details.line : undefined;
}

"use client";

import { useMutation } from "@tanstack/react-query";
import { Play } from "lucide-react";
import { useTranslations } from "next-intl";
import { type FormEvent, type RefObject, useEffect, useRef, useState } from "react";
import { Button } from "@/components/button";
import { TextField } from "@/components/field";
import { Failure } from "@/components/states";
import type { Schema } from "@/features/forms";
import type { JsonObject } from "@/features/graph";
import type { Answer, Attempt } from "./api";
import { Inputs, useInputs } from "./inputs";
import { Outcome } from "./outcome";
import { Running } from "./running";

const LONGEST_SECONDS = 300;
const USUAL_SECONDS = 60;

interface TrialProps {
  /** JSON Schema of the inputs, as far as it is known. */
  schema: Schema | null;
  run: (attempt: Attempt) => Promise<Answer>;
  /** Why it cannot run now. */
  blocked?: string | undefined;
  /** What expressions of the configuration would read. */
  onInputs?: (inputs: JsonObject) => void;
  onAnswer?: (answer: Answer | null) => void;
}

/** Runs a tool for real, once, on inputs given by hand; Ctrl+Enter does too. */
export function Trial({ schema, run, blocked, onInputs, onAnswer }: TrialProps) {
  const t = useTranslations("trial");
  const form = useRef<HTMLFormElement>(null);
  const inputs = useInputs(schema, onInputs);
  const [seconds, setSeconds] = useState(String(USUAL_SECONDS));
  const trying = useMutation({
    mutationFn: run,
    onMutate: () => onAnswer?.(null),
    onSuccess: (answer) => onAnswer?.(answer),
  });
  const idle = !trying.isPending && !blocked && inputs.error === null;
  useRunKeys(form, idle);
  function submit(event: FormEvent): void {
    event.preventDefault();
    if (idle) trying.mutate({ inputs: inputs.value, timeout_seconds: Number(seconds) });
  }
  return (
    <>
      <form ref={form} onSubmit={submit} aria-label={t("title")}>
        <Inputs schema={schema} inputs={inputs} />
        <div className="flex flex-wrap items-end justify-between gap-x-3">
          <TextField
            label={t("timeout")}
            type="number"
            min={1}
            max={LONGEST_SECONDS}
            required
            value={seconds}
            onChange={(event) => setSeconds(event.target.value)}
          />
          <Button
            type="submit"
            look="primary"
            className="mb-3"
            aria-keyshortcuts="Control+Enter"
            busy={trying.isPending}
            disabled={!idle}
          >
            {!trying.isPending && <Play size={15} aria-hidden />}
            {t("run")}
            <kbd className="text-[11px]" aria-hidden>
              Ctrl ↵
            </kbd>
          </Button>
        </div>
        {blocked && <p className="text-ink-soft text-xs">{blocked}</p>}
      </form>
      <div aria-live="polite" aria-busy={trying.isPending} className="mt-2">
        {trying.isPending && <Running />}
        {trying.error && <Failure error={trying.error} />}
        {trying.data && <Outcome answer={trying.data} />}
      </div>
    </>
  );
}

/** Ctrl+Enter anywhere, but in a dialog that covers the form. */
function useRunKeys(form: RefObject<HTMLFormElement | null>, idle: boolean): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
      const dialog = document.querySelector("[role=dialog]");
      if (dialog && !dialog.contains(form.current)) return;
      // Editors would begin a line.
      event.preventDefault();
      event.stopPropagation();
      if (idle) form.current?.requestSubmit();
    };
    window.addEventListener("keydown", press, true);
    return () => window.removeEventListener("keydown", press, true);
  }, [form, idle]);
}

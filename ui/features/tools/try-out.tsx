"use client";

import { useMutation } from "@tanstack/react-query";
import { Play } from "lucide-react";
import { useTranslations } from "next-intl";
import { type FormEvent, useState } from "react";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { TextField } from "@/components/field";
import { Failure } from "@/components/states";
import { type Tool, tryTool } from "./api";
import { parseObject, pretty, sampleOf } from "./json";
import { JsonField } from "./json-field";
import { Outcome } from "./outcome";

const LONGEST_SECONDS = 300;

/** Runs a tool for real, on inputs given by hand. */
export function TryOut({ tool, onClose }: { tool: Tool; onClose: () => void }) {
  const t = useTranslations("tools");
  const [text, setText] = useState(() => pretty(sampleOf(tool.input_schema)));
  const [seconds, setSeconds] = useState("60");
  const inputs = parseObject(text.trim() || "{}");
  const trying = useMutation({
    mutationFn: (given: Record<string, unknown>) => tryTool(tool, given, Number(seconds)),
  });
  function submit(event: FormEvent): void {
    event.preventDefault();
    if (inputs.ok) trying.mutate(inputs.value);
  }
  return (
    <Dialog
      open
      wide
      onOpenChange={onClose}
      title={t("tryOf", { name: tool.name })}
      description={t("tryLead")}
    >
      <form onSubmit={submit}>
        <JsonField label={t("inputs")} value={text} onChange={setText} rows={8} />
        <div className="flex flex-wrap items-end justify-between gap-3">
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
            busy={trying.isPending}
            disabled={!inputs.ok}
          >
            {!trying.isPending && <Play size={15} aria-hidden />}
            {t("try")}
          </Button>
        </div>
      </form>
      <div aria-live="polite" aria-busy={trying.isPending} className="mt-2">
        {trying.error && <Failure error={trying.error} />}
        {trying.data && <Outcome answer={trying.data} />}
      </div>
    </Dialog>
  );
}

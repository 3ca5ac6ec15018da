import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useLocale, useTranslations } from "next-intl";
import { type FormEvent, useState } from "react";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { TextField } from "@/components/field";
import { Failure } from "@/components/states";
import { backfillTrigger, TRIGGERS, type Window } from "./api";
import { Choices } from "./choices";
import { clock } from "./words";
import { instantOf } from "./zone";

interface BackfillProps {
  id: string;
  /** The zone of the schedule, by whose clock the window is given. */
  zone: string;
  onClose: () => void;
}

const OVERLAPS = ["buffer_all", "allow_all"] as const satisfies Window["overlap"][];

/** Fires for the times of a window that is past, and tells which they were. */
export function Backfill({ id, zone, onClose }: BackfillProps) {
  const t = useTranslations("triggers");
  const common = useTranslations("common");
  const queries = useQueryClient();
  const filling = useMutation({
    mutationFn: (window: Window) => backfillTrigger(id, window),
    onSuccess: () => queries.invalidateQueries({ queryKey: TRIGGERS }),
  });
  return (
    <Dialog open onOpenChange={onClose} title={t("backfill")} description={t("backfillLead")}>
      {filling.data ? (
        <>
          <Filled times={filling.data.times} zone={zone} />
          <div className="mt-4 flex justify-end">
            <Button look="primary" onClick={onClose}>
              {common("close")}
            </Button>
          </div>
        </>
      ) : (
        <WindowForm zone={zone} busy={filling.isPending} onWindow={filling.mutate}>
          {filling.error && <Failure error={filling.error} />}
        </WindowForm>
      )}
    </Dialog>
  );
}

interface WindowFormProps {
  zone: string;
  busy: boolean;
  onWindow: (window: Window) => void;
  children: React.ReactNode;
}

function WindowForm({ zone, busy, onWindow, children }: WindowFormProps) {
  const t = useTranslations("triggers");
  const [from, setFrom] = useState("");
  const [to, setTo] = useState("");
  const [overlap, setOverlap] = useState<Window["overlap"]>("buffer_all");
  const start_at = instantOf(from, zone);
  const end_at = instantOf(to, zone);
  const backwards = start_at !== null && end_at !== null && end_at <= start_at;
  function submit(event: FormEvent): void {
    event.preventDefault();
    if (start_at && end_at && !backwards) onWindow({ start_at, end_at, overlap });
  }
  return (
    <form onSubmit={submit}>
      <p className="mb-3 text-ink-soft text-xs">{t("inZone", { zone })}</p>
      <div className="grid gap-x-3 sm:grid-cols-2">
        <TextField
          label={t("from")}
          required
          type="datetime-local"
          value={from}
          onChange={({ target }) => setFrom(target.value)}
        />
        <TextField
          label={t("to")}
          error={backwards ? t("backwards") : undefined}
          required
          type="datetime-local"
          value={to}
          onChange={({ target }) => setTo(target.value)}
        />
      </div>
      <Choices
        legend={t("backfillOverlap")}
        choices={OVERLAPS.map((value) => ({
          value,
          title: t(`backfillOverlaps.${value}`),
        }))}
        value={overlap}
        onChange={setOverlap}
      />
      {children}
      <div className="mt-4 flex justify-end">
        <Button
          type="submit"
          look="primary"
          busy={busy}
          disabled={!start_at || !end_at || backwards}
        >
          {t("backfillNow")}
        </Button>
      </div>
    </form>
  );
}

const SHOWN = 50;

function Filled({ times, zone }: { times: string[]; zone: string }) {
  const t = useTranslations("triggers");
  const locale = useLocale();
  return (
    <div aria-live="polite">
      <p className="mb-2">{t("backfilled", { count: times.length })}</p>
      <ol className="max-h-60 overflow-auto text-ink-soft text-xs">
        {times.slice(0, SHOWN).map((at) => (
          <li key={at}>{clock(at, zone, locale)}</li>
        ))}
      </ol>
    </div>
  );
}

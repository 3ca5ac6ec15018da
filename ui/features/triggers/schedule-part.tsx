import { useTranslations } from "next-intl";
import { TextField } from "@/components/field";
import { DurationField } from "./amount-fields";
import { Choices } from "./choices";
import { CronField } from "./cron-field";
import type { ScheduleDraft } from "./draft";
import { OVERLAPS, SCHEDULE_TYPES } from "./types";
import { ZoneField } from "./zone-field";

interface SchedulePartProps {
  schedule: ScheduleDraft;
  errors: Record<string, string>;
  onChange: (part: Partial<ScheduleDraft>) => void;
}

/** When a schedule fires, and what it does while a run of it still goes on. */
export function SchedulePart({ schedule, errors, onChange }: SchedulePartProps) {
  const t = useTranslations("triggers");
  return (
    <>
      <Choices
        legend={t("times")}
        choices={SCHEDULE_TYPES.map((value) => ({
          value,
          title: t(`scheduleType.${value}`),
          hint: t(`scheduleTypeHint.${value}`),
        }))}
        value={schedule.type}
        onChange={(type) => onChange({ type })}
      />
      <Times schedule={schedule} errors={errors} onChange={onChange} />
      <ZoneField
        value={schedule.zone}
        error={errors.time_zone}
        onChange={(zone) => onChange({ zone })}
      />
      {schedule.type !== "date" && (
        <Bounds schedule={schedule} errors={errors} onChange={onChange} />
      )}
      <Choices
        legend={t("overlap")}
        choices={OVERLAPS.map((value) => ({
          value,
          title: t(`overlaps.${value}`),
          hint: t(`overlapHint.${value}`),
        }))}
        value={schedule.overlap}
        onChange={(overlap) => onChange({ overlap })}
      />
      <DurationField
        label={t("catchUp")}
        hint={t("catchUpHint")}
        error={errors.catch_up_seconds}
        value={schedule.catchUpSeconds}
        onChange={(catchUpSeconds) => onChange({ catchUpSeconds })}
      />
      <DurationField
        label={t("jitter")}
        hint={t("jitterHint")}
        error={errors.jitter_seconds}
        value={schedule.jitterSeconds}
        onChange={(jitterSeconds) => onChange({ jitterSeconds })}
      />
    </>
  );
}

function Times({ schedule, errors, onChange }: SchedulePartProps) {
  const t = useTranslations("triggers");
  switch (schedule.type) {
    case "cron":
      return (
        <CronField
          value={schedule.cron}
          error={errors.cron}
          onChange={(cron) => onChange({ cron })}
        />
      );
    case "interval":
      return (
        <>
          <DurationField
            label={t("interval")}
            error={errors.every_seconds}
            value={schedule.everySeconds}
            onChange={(everySeconds) => onChange({ everySeconds })}
          />
          <DurationField
            label={t("offset")}
            hint={t("offsetHint")}
            error={errors.offset_seconds}
            value={schedule.offsetSeconds}
            onChange={(offsetSeconds) => onChange({ offsetSeconds })}
          />
        </>
      );
    case "date":
      return (
        <TextField
          label={t("at")}
          hint={t("atHint")}
          error={errors.at}
          required
          type="datetime-local"
          value={schedule.at}
          onChange={(event) => onChange({ at: event.target.value })}
        />
      );
  }
}

function Bounds({ schedule, errors, onChange }: SchedulePartProps) {
  const t = useTranslations("triggers");
  return (
    <div className="grid gap-x-3 sm:grid-cols-2">
      <TextField
        label={t("startAt")}
        hint={t("optionalTime")}
        error={errors.start_at}
        type="datetime-local"
        value={schedule.startAt}
        onChange={(event) => onChange({ startAt: event.target.value })}
      />
      <TextField
        label={t("endAt")}
        hint={t("optionalTime")}
        error={errors.end_at}
        type="datetime-local"
        value={schedule.endAt}
        onChange={(event) => onChange({ endAt: event.target.value })}
      />
    </div>
  );
}

import { useLocale, useTranslations } from "next-intl";
import { useState } from "react";
import { SelectField, TextField } from "@/components/field";
import {
  type Cadence,
  EVERY,
  type Every,
  MINUTE_STEPS,
  readCron,
  recast,
  WEEK,
  writeCron,
} from "./cron";
import { cronInWords } from "./words";

interface CronFieldProps {
  value: string;
  error: string | undefined;
  onChange: (value: string) => void;
}

/** An expression, built by choosing or written by hand: both show the same. */
export function CronField({ value, error, onChange }: CronFieldProps) {
  const t = useTranslations("triggers");
  const locale = useLocale();
  const [byHand, setByHand] = useState(false);
  const cadence = byHand ? null : readCron(value);
  const put = (next: Cadence) => onChange(writeCron(next));
  function choose(every: Every | ""): void {
    setByHand(every === "");
    if (every !== "") put(recast(readCron(value), every));
  }
  return (
    <>
      <SelectField
        label={t("repeats")}
        value={cadence?.every ?? ""}
        onChange={(event) => choose(event.target.value as Every | "")}
      >
        {EVERY.map((every) => (
          <option key={every} value={every}>
            {t(`every.${every}`)}
          </option>
        ))}
        <option value="">{t("every.custom")}</option>
      </SelectField>
      {cadence && <CadenceFields cadence={cadence} onChange={put} />}
      <TextField
        label={t("cron")}
        hint={cronInWords(value, locale) ?? t("cronHint")}
        error={error}
        required
        maxLength={200}
        spellCheck={false}
        autoComplete="off"
        className="font-mono"
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
    </>
  );
}

interface CadenceFieldsProps {
  cadence: Cadence;
  onChange: (cadence: Cadence) => void;
}

function CadenceFields({ cadence, onChange }: CadenceFieldsProps) {
  const t = useTranslations("triggers");
  switch (cadence.every) {
    case "minutes":
      return (
        <SelectField
          label={t("everyMinutes")}
          value={cadence.minutes}
          onChange={(event) => onChange({ ...cadence, minutes: Number(event.target.value) })}
        >
          {MINUTE_STEPS.map((minutes) => (
            <option key={minutes}>{minutes}</option>
          ))}
        </SelectField>
      );
    case "hour":
      return (
        <Counted
          label={t("minuteOfHour")}
          most={59}
          least={0}
          value={cadence.minute}
          onChange={(minute) => onChange({ ...cadence, minute })}
        />
      );
    case "day":
      return <TimeOfDay cadence={cadence} onChange={onChange} />;
    case "week":
      return (
        <>
          <Days days={cadence.days} onChange={(days) => onChange({ ...cadence, days })} />
          <TimeOfDay cadence={cadence} onChange={onChange} />
        </>
      );
    case "month":
      return (
        <>
          <Counted
            label={t("dayOfMonth")}
            hint={cadence.day > 28 ? t("shortMonths") : undefined}
            least={1}
            most={31}
            value={cadence.day}
            onChange={(day) => onChange({ ...cadence, day })}
          />
          <TimeOfDay cadence={cadence} onChange={onChange} />
        </>
      );
  }
}

interface CountedProps {
  label: string;
  hint?: string | undefined;
  least: number;
  most: number;
  value: number;
  onChange: (value: number) => void;
}

function Counted({ label, hint, least, most, value, onChange }: CountedProps) {
  const numbers = Array.from({ length: most - least + 1 }, (_each, index) => least + index);
  return (
    <SelectField
      label={label}
      hint={hint}
      value={value}
      onChange={(event) => onChange(Number(event.target.value))}
    >
      {numbers.map((number) => (
        <option key={number}>{number}</option>
      ))}
    </SelectField>
  );
}

type Timed = Extract<Cadence, { hour: number }>;

interface TimeOfDayProps {
  cadence: Timed;
  onChange: (cadence: Timed) => void;
}

function TimeOfDay({ cadence, onChange }: TimeOfDayProps) {
  const t = useTranslations("triggers");
  const two = (number: number) => String(number).padStart(2, "0");
  function put(text: string): void {
    const [hour, minute] = text.split(":").map(Number);
    // Half a time is no time: the last whole one stands.
    if (hour !== undefined && minute !== undefined) onChange({ ...cadence, hour, minute });
  }
  return (
    <TextField
      label={t("timeOfDay")}
      type="time"
      required
      value={`${two(cadence.hour)}:${two(cadence.minute)}`}
      onChange={(event) => put(event.target.value)}
    />
  );
}

interface DaysProps {
  days: number[];
  onChange: (days: number[]) => void;
}

/** A Sunday, from which the names of days are counted. */
const SUNDAY = Date.UTC(2026, 0, 4);
const DAY_MS = 86_400_000;

function Days({ days, onChange }: DaysProps) {
  const t = useTranslations("triggers");
  const locale = useLocale();
  const names = new Intl.DateTimeFormat(locale, { weekday: "short", timeZone: "UTC" });
  const toggled = (day: number) =>
    days.includes(day) ? days.filter((each) => each !== day) : [...days, day].sort();
  return (
    <fieldset className="mb-3">
      <legend className="mb-1 font-medium text-[13px]">{t("daysOfWeek")}</legend>
      <div className="flex flex-wrap gap-1.5">
        {WEEK.map((day) => (
          <label
            key={day}
            className="inline-flex cursor-pointer items-center rounded-full border border-line bg-surface px-2.5 py-1 text-xs has-[:checked]:border-accent has-[:checked]:bg-accent-soft has-[:focus-visible]:outline-2 has-[:focus-visible]:outline-accent"
          >
            <input
              type="checkbox"
              className="sr-only"
              checked={days.includes(day)}
              // A week without days is none.
              disabled={days.length === 1 && days.includes(day)}
              onChange={() => onChange(toggled(day))}
            />
            {names.format(SUNDAY + day * DAY_MS)}
          </label>
        ))}
      </div>
    </fieldset>
  );
}

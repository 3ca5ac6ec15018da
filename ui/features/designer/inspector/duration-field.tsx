import { useTranslations } from "next-intl";
import { useState } from "react";
import { Field, Input, Select } from "@/components/field";

const UNITS = { minutes: 60, hours: 3_600, days: 86_400 } as const;
type Unit = keyof typeof UNITS;

interface DurationFieldProps {
  label: string;
  hint?: string | undefined;
  /** Seconds; null for none. */
  value: number | null;
  placeholder?: string;
  onChange: (seconds: number | null) => void;
}

/** A time in the unit that it is whole in. */
export function DurationField({ label, hint, value, placeholder, onChange }: DurationFieldProps) {
  const t = useTranslations("approvals.node");
  const [unit, setUnit] = useState<Unit>(() => unitOf(value));
  const amount = value === null ? "" : Number((value / UNITS[unit]).toFixed(4));
  return (
    <Field label={label} hint={hint}>
      {({ id, describedBy }) => (
        <div className="flex gap-1">
          <Input
            id={id}
            aria-describedby={describedBy}
            type="number"
            min={0}
            step="any"
            placeholder={placeholder}
            value={amount}
            onChange={({ target }) =>
              onChange(target.value === "" ? null : Number(target.value) * UNITS[unit])
            }
          />
          <Select
            aria-label={t("unitOf", { field: label })}
            value={unit}
            onChange={({ target }) => {
              const next = target.value as Unit;
              setUnit(next);
              // The number stays as it is written.
              if (value !== null) onChange((value / UNITS[unit]) * UNITS[next]);
            }}
          >
            {(Object.keys(UNITS) as Unit[]).map((each) => (
              <option key={each} value={each}>
                {t(`units.${each}`)}
              </option>
            ))}
          </Select>
        </div>
      )}
    </Field>
  );
}

function unitOf(seconds: number | null): Unit {
  if (seconds === null) return "hours";
  if (seconds % UNITS.days === 0) return "days";
  return seconds % UNITS.hours === 0 ? "hours" : "minutes";
}

import { useTranslations } from "next-intl";
import { useState } from "react";
import { Field, Input, Select, TextField } from "@/components/field";
import { inSeconds, UNITS, type Unit, unitOf } from "./amount";

interface AmountProps {
  label: string;
  hint?: string;
  error?: string | undefined;
  value: number | null;
  onChange: (value: number | null) => void;
}

/** How long: a number and its unit; the value is in seconds. */
export function DurationField({ label, hint, error, value, onChange }: AmountProps) {
  const t = useTranslations("triggers");
  const [unit, setUnit] = useState(() => unitOf(value));
  const count = value === null ? null : value / inSeconds(1, unit);
  function change(next: Unit): void {
    setUnit(next);
    if (count !== null) onChange(inSeconds(count, next));
  }
  return (
    <Field label={label} hint={hint} error={error}>
      {({ id, describedBy, invalid }) => (
        <div className="flex gap-1">
          <Input
            id={id}
            type="number"
            min={0}
            step="any"
            aria-describedby={describedBy}
            aria-invalid={invalid || undefined}
            value={count ?? ""}
            onChange={(event) =>
              onChange(read(event.target.value, (each) => inSeconds(each, unit)))
            }
          />
          <Select
            aria-label={t("unitOf", { field: label })}
            className="max-w-32"
            value={unit}
            onChange={(event) => change(event.target.value as Unit)}
          >
            {UNITS.map((each) => (
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

interface NumberFieldProps extends AmountProps {
  min: number;
  max: number;
  step?: number | "any";
}

export function NumberField({ value, onChange, step = 1, ...rest }: NumberFieldProps) {
  return (
    <TextField
      {...rest}
      type="number"
      step={step}
      value={value ?? ""}
      onChange={(event) => onChange(read(event.target.value, (each) => each))}
    />
  );
}

function read(text: string, as: (number: number) => number): number | null {
  return text === "" ? null : as(Number(text));
}

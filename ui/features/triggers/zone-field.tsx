import { useTranslations } from "next-intl";
import { useId, useMemo } from "react";
import { TextField } from "@/components/field";
import { isZone, zones } from "./zone";

interface ZoneFieldProps {
  value: string;
  error: string | undefined;
  onChange: (value: string) => void;
}

/** A time zone, found by any part of its name. */
export function ZoneField({ value, error, onChange }: ZoneFieldProps) {
  const t = useTranslations("triggers");
  const list = useId();
  const known = useMemo(zones, []);
  return (
    <>
      <TextField
        label={t("zone")}
        hint={t("zoneHint")}
        error={error ?? (isZone(value) ? undefined : t("noZone"))}
        required
        list={list}
        maxLength={100}
        autoComplete="off"
        spellCheck={false}
        value={value}
        onChange={(event) => onChange(event.target.value.trim())}
      />
      <datalist id={list}>
        {known.map((zone) => (
          <option key={zone} value={zone} />
        ))}
      </datalist>
    </>
  );
}

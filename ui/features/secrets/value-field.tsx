import { Eye, EyeOff } from "lucide-react";
import { useTranslations } from "next-intl";
import { type ClipboardEvent, useState } from "react";
import { IconButton } from "@/components/button";
import { Field, Input, TextArea } from "@/components/field";
import { SHORTEST } from "./api";

interface ValueFieldProps {
  value: string;
  onChange: (value: string) => void;
}

/** A value while it is typed: hidden unless one asks, in one line or, as keys come, in several. */
export function ValueField({ value, onChange }: ValueFieldProps) {
  const t = useTranslations("secrets");
  const [shown, setShown] = useState(false);
  const [tall, setTall] = useState(false);
  /** A field of one line would drop the line breaks of what is pasted into it. */
  function paste(event: ClipboardEvent<HTMLInputElement>): void {
    const text = event.clipboardData.getData("text");
    if (!/[\r\n]/.test(text.trim())) return;
    event.preventDefault();
    setTall(true);
    onChange(text);
    // The other field takes the place of this one, and its id.
    const { id } = event.currentTarget;
    requestAnimationFrame(() => document.getElementById(id)?.focus());
  }
  const eye = (
    <IconButton label={t(shown ? "hide" : "show")} onClick={() => setShown(!shown)}>
      {shown ? <EyeOff size={16} /> : <Eye size={16} />}
    </IconButton>
  );
  return (
    <>
      <Field label={t("value")} hint={t("valueHint", { count: SHORTEST })} required aside={eye}>
        {({ id, describedBy }) => {
          const about = {
            id,
            "aria-describedby": describedBy,
            required: true,
            minLength: SHORTEST,
            autoComplete: "off",
            autoCapitalize: "off",
            spellCheck: false,
            value,
          };
          return tall ? (
            <TextArea
              {...about}
              rows={8}
              className={`font-mono text-xs ${shown ? "" : "[-webkit-text-security:disc]"}`}
              onChange={(event) => onChange(event.target.value)}
            />
          ) : (
            <Input
              {...about}
              type={shown ? "text" : "password"}
              className="font-mono"
              onPaste={paste}
              onChange={(event) => onChange(event.target.value)}
            />
          );
        }}
      </Field>
      <label className="mb-3 flex items-center gap-2 text-[13px]">
        <input
          type="checkbox"
          className="accent-accent"
          checked={tall}
          // In one line the breaks would be lost.
          disabled={/[\r\n]/.test(value)}
          onChange={(event) => setTall(event.target.checked)}
        />
        {t("severalLines")}
      </label>
    </>
  );
}

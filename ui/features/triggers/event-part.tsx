import { useTranslations } from "next-intl";
import { TextField } from "@/components/field";
import type { EventDraft } from "./draft";

interface EventPartProps {
  event: EventDraft;
  errors: Record<string, string>;
  onChange: (part: Partial<EventDraft>) => void;
}

/** Which events start the workflow. */
export function EventPart({ event, errors, onChange }: EventPartProps) {
  const t = useTranslations("triggers");
  return (
    <>
      <TextField
        label={t("eventName")}
        hint={t("eventNameHint")}
        error={errors.event}
        required
        maxLength={200}
        spellCheck={false}
        value={event.event}
        onChange={({ target }) => onChange({ event: target.value })}
      />
      <TextField
        label={t("eventKey")}
        hint={t("eventKeyHint")}
        error={errors.key}
        maxLength={255}
        spellCheck={false}
        value={event.key}
        onChange={({ target }) => onChange({ key: target.value })}
      />
    </>
  );
}

import { useTranslations } from "next-intl";
import { type FormEvent, useState } from "react";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { TextAreaField } from "@/components/field";
import type { JsonObject } from "@/features/graph";
import { type Curl, parseCurl } from "./curl";

interface PasteCurlProps {
  onClose: () => void;
  onFill: (request: JsonObject) => void;
}

/** Takes a request out of a cURL command, and tells what it leaves out. */
export function PasteCurl({ onClose, onFill }: PasteCurlProps) {
  const t = useTranslations("editors");
  const common = useTranslations("common");
  const [text, setText] = useState("");
  const read = text.trim() ? parseCurl(text) : null;
  function submit(event: FormEvent): void {
    event.preventDefault();
    if (!read?.ok) return;
    onFill(read.request);
    onClose();
  }
  return (
    <Dialog
      open
      wide
      onOpenChange={onClose}
      title={t("http.pasteTitle")}
      description={t("http.pasteLead")}
    >
      <form onSubmit={submit}>
        <TextAreaField
          label={t("http.command")}
          error={read && !read.ok ? t(`http.refused.${read.reason}`) : undefined}
          rows={8}
          spellCheck={false}
          className="font-mono text-xs"
          placeholder="curl 'https://api.example.org/v1/prices' -H 'Accept: application/json'"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        {read?.ok && <Notes read={read} />}
        <div className="mt-4 flex justify-end gap-2">
          <Button onClick={onClose}>{common("cancel")}</Button>
          <Button type="submit" look="primary" disabled={!read?.ok}>
            {t("http.fill")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function Notes({ read: { notes } }: { read: Extract<Curl, { ok: true }> }) {
  const t = useTranslations("editors");
  if (notes.length === 0) return null;
  return (
    <ul className="space-y-1 rounded-md bg-wait-soft px-3 py-2 text-wait text-xs">
      {notes.map(({ code, what }) => (
        <li key={`${code} ${what}`} className="break-words">
          {t(`http.notes.${code}`, { what })}
        </li>
      ))}
    </ul>
  );
}

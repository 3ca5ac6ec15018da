"use client";

import { useMutation } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { type ChangeEvent, type FormEvent, useState } from "react";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { Field, Select, TextArea } from "@/components/field";
import { Failure } from "@/components/states";
import { complain } from "@/components/toasts";
import { Problem } from "@/lib/api/problem";
import { editPath, importText, type OnConflict } from "./actions";

const CHOICES = ["fail", "rename", "replace"] as const;
const NAMES = { fail: "onFail", rename: "onRename", replace: "onReplace" } as const;

export function Import({ onClose }: { onClose: () => void }) {
  const t = useTranslations("workflows");
  const common = useTranslations("common");
  const router = useRouter();
  const [text, setText] = useState("");
  const [onConflict, setOnConflict] = useState<OnConflict>("fail");
  const importing = useMutation({
    mutationFn: () => importText(text, onConflict),
    onSuccess: ({ id }) => router.push(editPath(id)),
  });
  function submit(event: FormEvent): void {
    event.preventDefault();
    importing.mutate();
  }
  function change(next: string): void {
    setText(next);
    importing.reset();
  }
  return (
    <Dialog open wide onOpenChange={onClose} title={t("import")} description={t("importLead")}>
      <form onSubmit={submit}>
        <FileField onText={change} />
        <Field label={t("document")} required>
          {({ id }) => (
            <TextArea
              id={id}
              required
              rows={14}
              spellCheck={false}
              className="font-mono text-xs"
              value={text}
              onChange={(event) => change(event.target.value)}
            />
          )}
        </Field>
        <ConflictField value={onConflict} onChange={setOnConflict} />
        {importing.error && <Wrong error={importing.error} text={text} />}
        <div className="mt-4 flex justify-end gap-2">
          <Button onClick={onClose}>{common("cancel")}</Button>
          <Button
            type="submit"
            look="primary"
            busy={importing.isPending || importing.isSuccess}
            disabled={!text.trim()}
          >
            {t("import")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function FileField({ onText }: { onText: (text: string) => void }) {
  const t = useTranslations("workflows");
  function read(event: ChangeEvent<HTMLInputElement>): void {
    const file = event.target.files?.[0];
    if (file) void file.text().then(onText, complain);
    // Choosing the same file again, once it is corrected, is a change too.
    event.target.value = "";
  }
  return (
    <Field label={t("file")} hint={t("fileHint")}>
      {({ id, describedBy }) => (
        <input
          id={id}
          type="file"
          accept=".yaml,.yml,.json"
          aria-describedby={describedBy}
          onChange={read}
          className="block w-full text-ink-soft text-xs file:mr-3 file:h-8 file:rounded-md file:border file:border-line file:bg-surface file:px-3 file:font-medium file:text-ink"
        />
      )}
    </Field>
  );
}

interface ConflictFieldProps {
  value: OnConflict;
  onChange: (value: OnConflict) => void;
}

function ConflictField({ value, onChange }: ConflictFieldProps) {
  const t = useTranslations("workflows");
  return (
    <Field label={t("onConflict")}>
      {({ id }) => (
        <Select
          id={id}
          value={value}
          onChange={(event) => onChange(event.target.value as OnConflict)}
        >
          {CHOICES.map((choice) => (
            <option key={choice} value={choice}>
              {t(NAMES[choice])}
            </option>
          ))}
        </Select>
      )}
    </Field>
  );
}

/** What is wrong with the document, with the line it is in. */
function Wrong({ error, text }: { error: unknown; text: string }) {
  const t = useTranslations("workflows");
  const place = error instanceof Problem ? error.extra : {};
  const line = typeof place.line === "number" ? place.line : null;
  const column = typeof place.column === "number" ? place.column : 1;
  return (
    <>
      <Failure error={error} />
      {line !== null && (
        <div className="mt-2 text-xs">
          <p className="font-medium">{t("place", { line, column })}</p>
          <pre className="mt-1 overflow-x-auto rounded-md border border-line bg-sunken p-2 font-mono">
            {excerpt(text, line)}
          </pre>
        </div>
      )}
    </>
  );
}

function excerpt(text: string, line: number): string {
  return text
    .split("\n")
    .map((content, index) => ({ content, number: index + 1 }))
    .filter(({ number }) => Math.abs(number - line) <= 1)
    .map(({ content, number }) => `${number === line ? ">" : " "} ${number} | ${content}`)
    .join("\n");
}

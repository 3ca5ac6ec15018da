"use client";

import { useMutation } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { type FormEvent, useState } from "react";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { SelectField, TextAreaField } from "@/components/field";
import { FileField } from "@/components/file-field";
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
        <FileField
          label={t("file")}
          hint={t("fileHint")}
          accept=".yaml,.yml,.json"
          onFile={(file) => void file.text().then(change, complain)}
        />
        <TextAreaField
          label={t("document")}
          required
          rows={14}
          spellCheck={false}
          className="font-mono text-xs"
          value={text}
          onChange={(event) => change(event.target.value)}
        />
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

interface ConflictFieldProps {
  value: OnConflict;
  onChange: (value: OnConflict) => void;
}

function ConflictField({ value, onChange }: ConflictFieldProps) {
  const t = useTranslations("workflows");
  return (
    <SelectField
      label={t("onConflict")}
      value={value}
      onChange={(event) => onChange(event.target.value as OnConflict)}
    >
      {CHOICES.map((choice) => (
        <option key={choice} value={choice}>
          {t(NAMES[choice])}
        </option>
      ))}
    </SelectField>
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

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Send } from "lucide-react";
import dynamic from "next/dynamic";
import { useTranslations } from "next-intl";
import { type FormEvent, useState } from "react";
import { Button } from "@/components/button";
import { CopyButton } from "@/components/copy-button";
import { Field, SelectField } from "@/components/field";
import { JsonView } from "@/components/json-view";
import { Failure } from "@/components/states";
import { useMayWrite } from "@/features/auth";
import type { Schemas } from "@/lib/api/client";
import { TRIGGERS, type Trigger, testTrigger } from "./api";
import { Mark } from "./mark";
import { RunLink } from "./run-link";

const CodeEditor = dynamic(() => import("@/components/code-editor"), { ssr: false });
const TYPES = ["application/json", "application/x-www-form-urlencoded", "text/plain"] as const;
type Tested = Schemas["SampleAnswer"];

/** Calls a webhook as the world outside would, signed with its secret, and shows the answer. */
export function TestRequest({ trigger }: { trigger: Trigger }) {
  const t = useTranslations("triggers");
  const queries = useQueryClient();
  const mayWrite = useMayWrite();
  const [body, setBody] = useState('{\n  "hello": "world"\n}');
  const [type, setType] = useState<(typeof TYPES)[number]>("application/json");
  const sending = useMutation({
    mutationFn: () => testTrigger(trigger.id, { body, content_type: type }),
    onSettled: () => queries.invalidateQueries({ queryKey: TRIGGERS }),
  });
  function submit(event: FormEvent): void {
    event.preventDefault();
    sending.mutate();
  }
  if (!mayWrite) return null;
  return (
    <section
      aria-labelledby="test-request"
      className="min-w-0 rounded-lg border border-line bg-surface p-4"
    >
      <h2 id="test-request" className="mb-1 font-semibold text-base">
        {t("test")}
      </h2>
      <p className="mb-3 text-ink-soft text-xs">{t("testHint")}</p>
      <form onSubmit={submit}>
        <SelectField
          label={t("contentType")}
          value={type}
          onChange={({ target }) => setType(target.value as typeof type)}
        >
          {TYPES.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </SelectField>
        <Field label={t("body")}>
          {() => (
            <CodeEditor
              label={t("body")}
              {...(type === "application/json" ? { language: "json" as const } : {})}
              minHeight="6rem"
              value={body}
              onChange={setBody}
            />
          )}
        </Field>
        <Button type="submit" look="primary" busy={sending.isPending}>
          {!sending.isPending && <Send size={14} aria-hidden />}
          {t("send")}
        </Button>
      </form>
      <div aria-live="polite" className="mt-3">
        {sending.error && <Failure error={sending.error} />}
        {sending.data && <Answer tested={sending.data} />}
      </div>
    </section>
  );
}

function Answer({ tested }: { tested: Tested }) {
  const t = useTranslations("triggers");
  const { status, answer, headers, curl, delivery } = tested;
  return (
    <div data-answer={status}>
      <div className="mb-2 flex flex-wrap items-center gap-2">
        <Mark tone={status < 300 ? "ok" : "bad"} status={String(status)}>
          {t("answered", { status })}
        </Mark>
        {delivery && <RunLink id={delivery.execution_id} status={delivery.execution_status} />}
        <span className="ml-auto">
          <CopyButton label={t("copyCurl")} text={curl} />
        </span>
      </div>
      <JsonView value={answer as never} />
      <details className="mt-2 text-xs">
        <summary className="cursor-pointer text-ink-soft">{t("sentHeaders")}</summary>
        <ul className="mt-1">
          {Object.entries(headers).map(([name, value]) => (
            <li key={name} className="break-all font-mono">
              {name}: {value}
            </li>
          ))}
        </ul>
      </details>
    </div>
  );
}

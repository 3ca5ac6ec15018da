"use client";

import { useTranslations } from "next-intl";
import { Tabs } from "radix-ui";
import { type ReactNode, useState } from "react";
import { Loading } from "@/components/states";
import { PairsField, type Schema, SchemaForm } from "@/features/forms";
import type { JsonObject } from "@/features/graph";
import { useFieldWords } from "@/lib/i18n/catalog-words";
import { type EditorProps, only, useConfigSchema, without } from "../editor";
import { WordsField } from "../words-field";
import { Auth } from "./auth";
import { Body } from "./body";
import { BODY_FIELDS, bodyKindOf } from "./body-kind";
import { Paging } from "./paging";
import { RequestLine } from "./request-line";

const RESPONSE = ["response", "fail_on_status", "follow_redirects", "max_bytes"];
const STATUSES = ["fail_on", "retry_on"] as const;
const TIMEOUTS = ["connect_timeout_seconds", "read_timeout_seconds", "total_timeout_seconds"];
const APART = ["kind", "method", "url", "query", "headers", "auth", "pagination"];
const PLACED = new Set([...RESPONSE, ...STATUSES, ...TIMEOUTS, ...APART, ...BODY_FIELDS]);
const USUAL = { fail_on: "4xx, 5xx", retry_on: "408, 425, 429, 5xx" };
const TEXTS: Schema = { type: "object", additionalProperties: { type: "string" } };

/** A request, built part by part. */
export function HttpEditor({ value, onChange }: EditorProps) {
  const schema = useConfigSchema("http");
  // Some parts remember how they are written: a pasted request begins them anew.
  const [round, setRound] = useState(0);
  function replace(request: JsonObject): void {
    onChange({ ...without(value, ...BODY_FIELDS), ...request });
    setRound(round + 1);
  }
  if (!schema) return <Loading />;
  return (
    <>
      <RequestLine value={value} schema={schema} onChange={onChange} onReplace={replace} />
      <Parts key={round} value={value} schema={schema} onChange={onChange} />
    </>
  );
}

interface PartsProps {
  value: JsonObject;
  schema: Schema;
  onChange: (value: JsonObject) => void;
}

interface Part {
  name: string;
  /** How much there is of it. */
  mark: string;
  content: ReactNode;
}

function Parts(props: PartsProps) {
  const t = useTranslations("editors");
  const parts = useParts(props);
  return (
    <Tabs.Root defaultValue="query" className="mb-3 rounded-md border border-line">
      <Tabs.List
        aria-label={t("http.parts")}
        className="flex flex-wrap border-line border-b px-1.5"
      >
        {parts.map(({ name, mark }) => (
          <Tabs.Trigger
            key={name}
            value={name}
            className="-mb-px border-transparent border-b-2 px-2 py-2 text-[13px] text-ink-soft data-[state=active]:border-accent data-[state=active]:text-ink"
          >
            {t(`http.tabs.${name as "query"}`)}
            {mark && " "}
            {mark && (
              <span
                // Numbers belong to the name; a kind is told inside.
                aria-hidden={Number.isNaN(Number(mark))}
                className="ml-1 rounded bg-sunken px-1 text-xs"
              >
                {mark}
              </span>
            )}
          </Tabs.Trigger>
        ))}
      </Tabs.List>
      {parts.map(({ name, content }) => (
        <Tabs.Content key={name} value={name} className="p-3 pb-1">
          {content}
        </Tabs.Content>
      ))}
    </Tabs.Root>
  );
}

function useParts({ value, schema, onChange }: PartsProps): Part[] {
  const t = useTranslations("editors");
  const labels = useFieldWords();
  const query = (value.query ?? {}) as JsonObject;
  const headers = (value.headers ?? {}) as JsonObject;
  const form = (names: readonly string[]) => (
    <SchemaForm schema={only(schema, names)} value={value} labels={labels} onChange={onChange} />
  );
  const named = (key: string, otherwise: string) =>
    t.has(key as "http.auth.basic") ? t(key as "http.auth.basic") : otherwise;
  const auth = typeOf(value.auth);
  const body = bodyKindOf(value);
  const paging = typeOf(value.pagination);
  const others = Object.keys(schema.properties ?? {}).filter((name) => !PLACED.has(name));
  return [
    {
      name: "query",
      mark: countOf(query),
      content: (
        <PairsField
          label={t("http.tabs.query")}
          value={query}
          onChange={(next) => onChange({ ...value, query: next })}
        />
      ),
    },
    {
      name: "headers",
      mark: countOf(headers),
      content: (
        <PairsField
          label={t("http.tabs.headers")}
          schema={TEXTS}
          value={headers}
          onChange={(next) => onChange({ ...value, headers: next })}
        />
      ),
    },
    {
      name: "auth",
      mark: auth === "none" ? "" : named(`http.auth.${auth}`, auth),
      content: <Auth value={value} schema={schema} onChange={onChange} />,
    },
    {
      name: "body",
      mark: body === "none" ? "" : t(`http.body.${body}`),
      content: <Body value={value} schema={schema} onChange={onChange} />,
    },
    {
      name: "response",
      mark: "",
      content: (
        <>
          {form(RESPONSE)}
          {STATUSES.map((name) => (
            <WordsField
              key={name}
              label={labels(name) ?? name}
              hint={schema.properties?.[name]?.description}
              placeholder={USUAL[name]}
              value={value[name]}
              onChange={(next) => onChange(set(value, name, next))}
            />
          ))}
        </>
      ),
    },
    {
      name: "paging",
      mark: paging === "none" ? "" : named(`http.paging.${paging}`, paging),
      content: <Paging value={value} schema={schema} onChange={onChange} />,
    },
    { name: "timeouts", mark: "", content: form(TIMEOUTS) },
    // What a newer server has and this builder does not know.
    ...(others.length > 0 ? [{ name: "more", mark: "", content: form(others) }] : []),
  ];
}

function set(value: JsonObject, name: string, next: JsonObject[string] | undefined): JsonObject {
  return next === undefined ? without(value, name) : { ...value, [name]: next };
}

function countOf(value: JsonObject): string {
  const count = Object.keys(value).length;
  return count > 0 ? String(count) : "";
}

/** The `type` of one of several forms; `none` for nothing. */
function typeOf(value: JsonObject[string] | undefined): string {
  const known = typeof value === "object" && value !== null && !Array.isArray(value);
  return known && typeof value.type === "string" ? value.type : "none";
}

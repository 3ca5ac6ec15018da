import { ArrowDown, ArrowUp, Plus, Trash2 } from "lucide-react";
import dynamic from "next/dynamic";
import { useTranslations } from "next-intl";
import { Button, IconButton } from "@/components/button";
import { Field, Input, Select } from "@/components/field";
import type { Json, JsonObject } from "@/features/graph";
import { ExpressionField } from "./expression-field";
import { JsonField } from "./json-field";
import { PairsField } from "./pairs-field";
import { blank, kindOfField, labelOf, resolved, type Schema } from "./schema";
import { SchemaEditor } from "./schema-editor";

const CodeEditor = dynamic(() => import("@/components/code-editor"), { ssr: false });

export interface FormProps {
  schema: Schema;
  root?: Schema;
  value: JsonObject;
  onChange: (value: JsonObject) => void;
  /** Whether texts may hold expressions; by field name when only some may. */
  templated?: boolean | ReadonlySet<string>;
  /** Problems by field name. */
  errors?: Record<string, string>;
  hidden?: ReadonlySet<string>;
  /** The label of a field, where it has a better one than its name. */
  labels?: ((name: string) => string | undefined) | undefined;
  /** In how many objects it lies; one that holds itself has no end. */
  depth?: number;
}

const DEEPEST_FORM = 4;

/** A form for an object that a JSON Schema describes. */
export function SchemaForm({
  schema,
  root = schema,
  value,
  onChange,
  templated = false,
  errors = {},
  hidden,
  labels,
  depth = 0,
}: FormProps) {
  const names = Object.keys(schema.properties ?? {}).filter((name) => !hidden?.has(name));
  const required = new Set(schema.required ?? []);
  function set(name: string, next: Json | undefined): void {
    const { [name]: _old, ...rest } = value;
    onChange(next === undefined || next === null ? rest : { ...value, [name]: next });
  }
  return names.map((name) => {
    const property = resolved(schema.properties?.[name] ?? {}, root);
    if (property.const !== undefined) return null;
    return (
      <SchemaField
        key={name}
        name={name}
        labels={labels}
        depth={depth}
        schema={property}
        root={root}
        required={required.has(name)}
        value={value[name]}
        templated={typeof templated === "boolean" ? templated : templated.has(name)}
        error={errors[name]}
        onChange={(next) => set(name, next)}
      />
    );
  });
}

interface SchemaFieldProps {
  name: string;
  labels: FormProps["labels"];
  depth: number;
  schema: Schema;
  root: Schema;
  required: boolean;
  value: Json | undefined;
  templated: boolean;
  error: string | undefined;
  onChange: (value: Json | undefined) => void;
}

function SchemaField({
  name,
  labels,
  depth,
  schema,
  root,
  required,
  value,
  templated,
  error,
  onChange,
}: SchemaFieldProps) {
  const label = labels?.(name) ?? labelOf(name);
  const found = kindOfField(name, schema, root);
  const kind = found === "form" && depth >= DEEPEST_FORM ? "json" : found;
  if (kind === "boolean")
    return (
      <Check
        label={label}
        hint={schema.description}
        value={value ?? schema.default ?? false}
        onChange={onChange}
      />
    );
  return (
    <Field label={label} hint={schema.description} error={error} required={required}>
      {({ id, describedBy, invalid }) => {
        const about = { id, "aria-describedby": describedBy, "aria-invalid": invalid || undefined };
        switch (kind) {
          case "enum":
            return (
              <Select
                {...about}
                value={String(value ?? schema.default ?? "")}
                onChange={(event) => onChange(event.target.value || undefined)}
              >
                {!required && schema.default === undefined && <option value="">—</option>}
                {schema.enum?.map((each) => (
                  <option key={String(each)}>{String(each)}</option>
                ))}
              </Select>
            );
          case "number":
            return <NumberInput about={about} schema={schema} value={value} onChange={onChange} />;
          case "amount":
            return <Amount label={label} schema={schema} value={value} onChange={onChange} />;
          case "code":
            return <Code label={label} name={name} value={value} onChange={onChange} />;
          case "schema":
            return <SchemaEditor value={value as JsonObject | undefined} onChange={onChange} />;
          case "pairs":
            return (
              <PairsField
                label={label}
                value={(value ?? {}) as JsonObject}
                schema={schema}
                templated={templated}
                onChange={onChange}
              />
            );
          case "form":
            return (
              <div className="border-line border-l-2 pl-3">
                <SchemaForm
                  schema={schema}
                  root={root}
                  value={(value ?? {}) as JsonObject}
                  templated={templated}
                  labels={labels}
                  depth={depth + 1}
                  onChange={onChange}
                />
              </div>
            );
          case "forms":
            return (
              <Forms
                label={label}
                labels={labels}
                schema={schema}
                root={root}
                value={value}
                templated={templated}
                onChange={onChange}
              />
            );
          case "list":
            return <List label={label} schema={schema} value={value} onChange={onChange} />;
          case "json":
            return <JsonField label={label} value={value} onChange={onChange} />;
          default:
            return templated || isExpression(name, value) ? (
              <ExpressionField
                label={label}
                value={String(value ?? "")}
                onChange={(text) => onChange(text || undefined)}
              />
            ) : (
              <Input
                {...about}
                value={String(value ?? "")}
                maxLength={schema.maxLength}
                type={schema.format === "date" ? "date" : "text"}
                onChange={(event) => onChange(event.target.value || undefined)}
              />
            );
        }
      }}
    </Field>
  );
}

function isExpression(name: string, value: Json | undefined): boolean {
  return (
    name === "when" || name === "while" || name === "until" || String(value ?? "").includes("{{")
  );
}

type About = {
  id: string;
  "aria-describedby": string | undefined;
  "aria-invalid": true | undefined;
};

interface NumberInputProps {
  about: About;
  schema: Schema;
  value: Json | undefined;
  onChange: (value: Json | undefined) => void;
}

function NumberInput({ about, schema, value, onChange }: NumberInputProps) {
  return (
    <Input
      {...about}
      type="number"
      step={schema.type === "integer" ? 1 : "any"}
      min={schema.minimum}
      max={schema.maximum}
      placeholder={
        schema.default === undefined || schema.default === null ? "" : String(schema.default)
      }
      value={typeof value === "number" ? value : ""}
      onChange={(event) =>
        onChange(event.target.value === "" ? undefined : Number(event.target.value))
      }
    />
  );
}

interface AmountProps {
  label: string;
  schema: Schema;
  value: Json | undefined;
  onChange: (value: Json | undefined) => void;
}

/** A number, or an expression that gives one. */
function Amount({ label, schema, value, onChange }: AmountProps) {
  const usual = schema.default ?? "";
  return (
    <ExpressionField
      label={label}
      value={String(value ?? "")}
      placeholder={String(usual)}
      onChange={(text) =>
        onChange(String(Number(text)) === text ? Number(text) : text || undefined)
      }
    />
  );
}

interface CheckProps {
  label: string;
  hint: string | undefined;
  value: Json;
  onChange: (value: boolean) => void;
}

function Check({ label, hint, value, onChange }: CheckProps) {
  return (
    <label className="mb-3 flex items-start gap-2">
      <input
        type="checkbox"
        className="mt-0.5"
        checked={value === true}
        onChange={(event) => onChange(event.target.checked)}
      />
      <span>
        <span className="font-medium text-[13px]">{label}</span>
        {hint && <span className="block text-ink-soft text-xs">{hint}</span>}
      </span>
    </label>
  );
}

interface CodeProps {
  label: string;
  name: string;
  value: Json | undefined;
  onChange: (value: string) => void;
}

function Code({ label, name, value, onChange }: CodeProps) {
  return (
    <CodeEditor
      label={label}
      value={String(value ?? "")}
      onChange={onChange}
      {...(name === "code" ? { language: "python" as const } : {})}
      minHeight="8rem"
    />
  );
}

interface ItemsProps {
  label: string;
  schema: Schema;
  value: Json | undefined;
  onChange: (value: Json) => void;
}

interface FormsProps extends ItemsProps {
  root: Schema;
  templated: boolean;
  labels: FormProps["labels"];
}

/** An ordered list of objects, such as the branches of a condition. */
function Forms({ label, labels, schema, root, value, templated, onChange }: FormsProps) {
  const t = useTranslations("designer");
  const items = Array.isArray(value) ? (value as JsonObject[]) : [];
  const item = resolved(schema.items ?? {}, root);
  const put = (index: number, next: JsonObject) =>
    onChange(items.map((each, at) => (at === index ? next : each)));
  const swap = (index: number, other: number) =>
    onChange(
      items.map((each, at) =>
        at === index ? (items[other] ?? each) : at === other ? (items[index] ?? each) : each,
      ),
    );
  return (
    <div>
      {items.map((each, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: items have no identity but their place
        <fieldset key={index} className="mb-2 rounded-md border border-line p-2 pb-0">
          <legend className="px-1 text-ink-soft text-xs">
            {label} {index + 1}
          </legend>
          <div className="float-right flex">
            <IconButton
              label={t("up")}
              disabled={index === 0}
              onClick={() => swap(index, index - 1)}
            >
              <ArrowUp size={14} />
            </IconButton>
            <IconButton
              label={t("down")}
              disabled={index === items.length - 1}
              onClick={() => swap(index, index + 1)}
            >
              <ArrowDown size={14} />
            </IconButton>
            <IconButton
              label={t("remove")}
              onClick={() => onChange(items.filter((_each, at) => at !== index))}
            >
              <Trash2 size={14} />
            </IconButton>
          </div>
          <SchemaForm
            schema={item}
            root={root}
            value={each}
            templated={templated}
            labels={labels}
            onChange={(next) => put(index, next)}
          />
        </fieldset>
      ))}
      <Button onClick={() => onChange([...items, blank(item, root)])}>
        <Plus size={14} aria-hidden />
        {t("add")}
      </Button>
    </div>
  );
}

/** A list of texts or numbers, one in a line. */
function List({ label, schema, value, onChange }: ItemsProps) {
  const t = useTranslations("designer");
  const items = Array.isArray(value) ? value : [];
  const numeric = schema.items?.type !== "string";
  const read = (text: string): Json => (numeric ? Number(text) : text);
  return (
    <div>
      {items.map((each, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: items have no identity but their place
        <div key={index} className="mb-1 flex gap-1">
          <Input
            aria-label={`${label} ${index + 1}`}
            type={numeric ? "number" : "text"}
            value={String(each)}
            onChange={(event) =>
              onChange(items.map((old, at) => (at === index ? read(event.target.value) : old)))
            }
          />
          <IconButton
            label={t("remove")}
            onClick={() => onChange(items.filter((_each, at) => at !== index))}
          >
            <Trash2 size={14} />
          </IconButton>
        </div>
      ))}
      <Button onClick={() => onChange([...items, numeric ? 0 : ""])}>
        <Plus size={14} aria-hidden />
        {t("add")}
      </Button>
    </div>
  );
}

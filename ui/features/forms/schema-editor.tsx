import { Plus, Trash2 } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { Button, IconButton } from "@/components/button";
import { Input, Select } from "@/components/field";
import type { JsonObject } from "@/features/graph";
import { JsonText } from "./json-field";
import type { Schema } from "./schema";

const TYPES = ["string", "number", "integer", "boolean", "array", "object"] as const;

interface SchemaEditorProps {
  value: JsonObject | undefined;
  onChange: (value: JsonObject | undefined) => void;
}

/** The fields of an object, for people who do not write JSON Schema; or the schema itself. */
export function SchemaEditor({ value, onChange }: SchemaEditorProps) {
  const t = useTranslations("designer");
  const simple = isSimple(value);
  const [raw, setRaw] = useState(!simple);
  return (
    <div>
      <div className="mb-1 flex gap-1">
        <Button look="quiet" disabled={!simple} aria-pressed={!raw} onClick={() => setRaw(false)}>
          {t("schemaFields")}
        </Button>
        <Button look="quiet" aria-pressed={raw} onClick={() => setRaw(true)}>
          JSON Schema
        </Button>
      </div>
      {raw || !simple ? (
        <JsonText
          label="JSON Schema"
          value={value}
          onChange={(next) => onChange(next as JsonObject | undefined)}
        />
      ) : (
        <Fields schema={(value ?? {}) as Schema} onChange={onChange} />
      )}
    </div>
  );
}

/** Whether the list of fields can show all that the schema says of itself. */
function isSimple(value: JsonObject | undefined): boolean {
  if (!value) return true;
  const known = new Set([
    "type",
    "properties",
    "required",
    "additionalProperties",
    "description",
    "title",
  ]);
  return Object.keys(value).every((key) => known.has(key)) && (value.type ?? "object") === "object";
}

interface FieldsProps {
  schema: Schema;
  onChange: (value: JsonObject | undefined) => void;
}

function Fields({ schema, onChange }: FieldsProps) {
  const t = useTranslations("designer");
  const [fresh, setFresh] = useState("");
  const properties = schema.properties ?? {};
  const required = new Set(schema.required ?? []);
  function put(next: Record<string, Schema>, needed = required): void {
    const names = [...needed].filter((name) => name in next);
    const empty = Object.keys(next).length === 0;
    const { required: _required, ...rest } = schema;
    const made = {
      ...rest,
      type: "object",
      properties: next,
      ...(names.length > 0 ? { required: names } : {}),
    };
    onChange(empty ? undefined : (made as unknown as JsonObject));
  }
  function add(): void {
    const name = fresh.trim();
    if (!name || name in properties) return;
    put({ ...properties, [name]: { type: "string" } });
    setFresh("");
  }
  return (
    <div>
      {Object.entries(properties).map(([name, property]) => (
        <div key={name} className="mb-1 flex items-center gap-1.5">
          <code className="min-w-0 flex-1 truncate text-xs">{name}</code>
          <Select
            aria-label={t("typeOf", { name })}
            className="!w-24"
            value={typeof property.type === "string" ? property.type : "string"}
            onChange={(event) =>
              put({ ...properties, [name]: { ...property, type: event.target.value } })
            }
          >
            {TYPES.map((type) => (
              <option key={type}>{type}</option>
            ))}
          </Select>
          <label className="flex items-center gap-1 text-xs">
            <input
              type="checkbox"
              checked={required.has(name)}
              onChange={(event) => {
                const next = new Set(required);
                if (event.target.checked) next.add(name);
                else next.delete(name);
                put(properties, next);
              }}
            />
            {t("needed")}
          </label>
          <IconButton
            label={`${t("remove")} ${name}`}
            onClick={() =>
              put(Object.fromEntries(Object.entries(properties).filter(([key]) => key !== name)))
            }
          >
            <Trash2 size={14} />
          </IconButton>
        </div>
      ))}
      <div className="flex gap-1">
        <Input
          aria-label={t("newField")}
          placeholder={t("newField")}
          value={fresh}
          onChange={(event) => setFresh(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter") return;
            event.preventDefault();
            add();
          }}
        />
        <Button onClick={add} disabled={!fresh.trim()}>
          <Plus size={14} aria-hidden />
          {t("add")}
        </Button>
      </div>
    </div>
  );
}

import { Plus, Trash2 } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { Button, IconButton } from "@/components/button";
import { Input } from "@/components/field";
import type { Json, JsonObject } from "@/features/graph";
import { ExpressionField } from "./expression-field";
import { JsonField } from "./json-field";
import type { Schema } from "./schema";

interface PairsFieldProps {
  label: string;
  value: JsonObject;
  schema?: Schema;
  templated?: boolean;
  /** Names that the values are expected under. */
  expected?: string[];
  onChange: (value: JsonObject) => void;
}

/** Names and values, such as headers or a node's inputs. */
export function PairsField({
  label,
  value,
  schema,
  templated = true,
  expected = [],
  onChange,
}: PairsFieldProps) {
  const t = useTranslations("designer");
  const [fresh, setFresh] = useState("");
  const texts =
    typeof schema?.additionalProperties === "object" &&
    schema.additionalProperties.type === "string";
  const missing = expected.filter((name) => !(name in value));
  function add(name: string): void {
    if (!name || name in value) return;
    onChange({ ...value, [name]: "" });
    setFresh("");
  }
  return (
    <div>
      {Object.entries(value).map(([name, item]) => (
        <Pair
          key={name}
          label={label}
          name={name}
          value={item}
          texts={texts}
          templated={templated}
          onRename={(next) => onChange(renamed(value, name, next))}
          onChange={(next) => onChange({ ...value, [name]: next ?? null })}
          onRemove={() =>
            onChange(Object.fromEntries(Object.entries(value).filter(([key]) => key !== name)))
          }
        />
      ))}
      <div className="flex flex-wrap gap-1">
        {missing.map((name) => (
          <Button key={name} look="quiet" onClick={() => add(name)}>
            <Plus size={13} aria-hidden />
            {name}
          </Button>
        ))}
      </div>
      <div className="mt-1 flex gap-1">
        <Input
          aria-label={`${label}: ${t("newName")}`}
          placeholder={t("newName")}
          value={fresh}
          onChange={(event) => setFresh(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter") return;
            event.preventDefault();
            add(fresh.trim());
          }}
        />
        <Button onClick={() => add(fresh.trim())} disabled={!fresh.trim() || fresh.trim() in value}>
          <Plus size={14} aria-hidden />
          {t("add")}
        </Button>
      </div>
    </div>
  );
}

/** The same pairs in the same order, one under another name. */
function renamed(value: JsonObject, from: string, to: string): JsonObject {
  if (!to || to in value) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key === from ? to : key, item]),
  );
}

interface PairProps {
  label: string;
  name: string;
  value: Json;
  texts: boolean;
  templated: boolean;
  onRename: (name: string) => void;
  onChange: (value: Json | undefined) => void;
  onRemove: () => void;
}

function Pair({ label, name, value, texts, templated, onRename, onChange, onRemove }: PairProps) {
  const t = useTranslations("designer");
  const about = `${label}: ${name}`;
  return (
    <div className="mb-2 rounded-md border border-line p-1.5" data-pair={name}>
      <div className="mb-1 flex gap-1">
        <Input
          aria-label={`${about} ${t("nameOf")}`}
          defaultValue={name}
          className="font-mono text-xs"
          onBlur={(event) => onRename(event.target.value.trim())}
        />
        <IconButton label={`${t("remove")} ${name}`} onClick={onRemove}>
          <Trash2 size={14} />
        </IconButton>
      </div>
      {texts && templated ? (
        <ExpressionField label={about} value={String(value ?? "")} onChange={onChange} />
      ) : texts ? (
        <Input
          aria-label={about}
          value={String(value ?? "")}
          onChange={(event) => onChange(event.target.value)}
        />
      ) : (
        <JsonField label={about} value={value} onChange={onChange} templated={templated} />
      )}
    </div>
  );
}

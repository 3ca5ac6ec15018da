import { useTranslations } from "next-intl";
import { SelectField, TextAreaField } from "@/components/field";
import { type Schema, SchemaForm } from "@/features/forms";
import type { FlowNode, JsonObject } from "@/features/graph";
import { useFieldWords } from "@/lib/i18n/catalog-words";
import { editNode } from "../store";
import { Compensation } from "./compensation";

const RETRY: Schema = {
  type: "object",
  properties: {
    max_attempts: { type: "integer", default: 4, minimum: 1, maximum: 100 },
    initial_interval: { type: "number", default: 1, minimum: 0, maximum: 86_400 },
    backoff: { type: "number", default: 2, minimum: 1, maximum: 100 },
    max_interval: { type: "number", default: 60, minimum: 0, maximum: 86_400 },
    non_retryable: { type: "array", items: { type: "string" } },
  },
};
const TIMEOUT: Schema = {
  type: "object",
  properties: { timeout_seconds: { type: "number", default: 300, minimum: 0, maximum: 604_800 } },
};
const REMOTE = new Set(["tool"]);

export function NodeSettings({ flowNode }: { flowNode: FlowNode }) {
  const t = useTranslations("designer");
  const labels = useFieldWords();
  const { id } = flowNode;
  const { node } = flowNode.data;
  return (
    <>
      <SelectField
        label={t("onError")}
        hint={t(`onErrorHint.${(node.on_error ?? "fail") as "fail"}`)}
        value={node.on_error ?? "fail"}
        onChange={(event) =>
          editNode(id, {
            on_error: event.target.value === "fail" ? undefined : event.target.value,
          } as never)
        }
      >
        {(["fail", "continue", "branch"] as const).map((each) => (
          <option key={each} value={each}>
            {t(`onErrorChoice.${each}`)}
          </option>
        ))}
      </SelectField>
      <Compensation flowNode={flowNode} />
      <SchemaForm
        schema={TIMEOUT}
        labels={labels}
        value={node.timeout_seconds === undefined ? {} : { timeout_seconds: node.timeout_seconds }}
        onChange={({ timeout_seconds }) =>
          editNode(id, { timeout_seconds: timeout_seconds as number }, "timeout")
        }
      />
      {REMOTE.has(node.type) && (
        <fieldset className="mb-3 rounded-md border border-line p-3 pb-0">
          <legend className="px-1 font-medium text-[13px]">{t("retry")}</legend>
          <SchemaForm
            schema={RETRY}
            labels={labels}
            value={node.retry ?? {}}
            onChange={(retry) =>
              editNode(
                id,
                { retry: Object.keys(retry).length > 0 ? retry : undefined } as {
                  retry?: JsonObject;
                },
                "retry",
              )
            }
          />
        </fieldset>
      )}
      <label className="mb-3 flex items-center gap-2">
        <input
          type="checkbox"
          checked={node.disabled ?? false}
          onChange={(event) =>
            editNode(id, { disabled: event.target.checked || undefined } as never)
          }
        />
        <span className="font-medium text-[13px]">{t("disabled")}</span>
      </label>
      <TextAreaField
        label={t("notes")}
        rows={4}
        maxLength={10_000}
        value={node.notes ?? ""}
        onChange={(event) => editNode(id, { notes: event.target.value || null }, "notes")}
      />
    </>
  );
}

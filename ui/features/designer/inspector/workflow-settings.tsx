import { useTranslations } from "next-intl";
import { Field, SelectField, TextAreaField, TextField } from "@/components/field";
import { JsonField, PairsField, ScopeContext } from "@/features/forms";
import { useScopeOf } from "../last-run";
import { editSettings, useDesigner } from "../store";

/** What concerns the workflow as a whole; shown while no node is selected. */
export function WorkflowSettings() {
  const t = useTranslations("designer");
  const { name, description, variables, failure_mode, output } = useDesigner(
    (state) => state.settings,
  );
  const scope = useScopeOf(null);
  return (
    <ScopeContext value={scope}>
      <div className="border-line border-b px-4 py-3">
        <h2 className="font-semibold">{t("workflow")}</h2>
        <p className="mt-0.5 text-ink-soft text-xs">{t("selectHint")}</p>
      </div>
      <div className="p-4">
        <TextField
          label={t("workflowName")}
          required
          maxLength={200}
          value={name}
          onChange={(event) =>
            event.target.value && editSettings({ name: event.target.value }, "name")
          }
        />
        <TextAreaField
          label={t("description")}
          rows={3}
          maxLength={10_000}
          value={description ?? ""}
          onChange={(event) =>
            editSettings({ description: event.target.value || null }, "description")
          }
        />
        <SelectField
          label={t("failureMode")}
          value={failure_mode ?? "finish_branches"}
          onChange={(event) => editSettings({ failure_mode: event.target.value as "fail_fast" })}
        >
          <option value="finish_branches">{t("finishBranches")}</option>
          <option value="fail_fast">{t("failFast")}</option>
        </SelectField>
        <Field label={t("variables")} hint={t("variablesHint")}>
          {() => (
            <PairsField
              label={t("variables")}
              value={variables ?? {}}
              templated={false}
              onChange={(next) => editSettings({ variables: next }, "variables")}
            />
          )}
        </Field>
        <Field label={t("outputTemplate")} hint={t("outputHint")}>
          {() => (
            <JsonField
              label={t("outputTemplate")}
              value={output}
              onChange={(next) => editSettings({ output: next ?? null }, "output")}
            />
          )}
        </Field>
      </div>
    </ScopeContext>
  );
}

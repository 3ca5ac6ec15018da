"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { type FormEvent, useState } from "react";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { TextAreaField, TextField } from "@/components/field";
import { Failure } from "@/components/states";
import { say } from "@/components/toasts";
import { type Registration, SERVERS, type Server, saveServer } from "./api";
import { Headers } from "./headers";

interface ServerFormProps {
  /** Null to add a new one. */
  server: Server | null;
  onClose: () => void;
  onSaved: (server: Server) => void;
}

export function ServerForm({ server, onClose, onSaved }: ServerFormProps) {
  const t = useTranslations("mcp");
  const common = useTranslations("common");
  const queries = useQueryClient();
  const [draft, setDraft] = useState<Registration>({
    name: server?.name ?? "",
    description: server?.description ?? "",
    url: server?.url ?? "",
    headers: server?.headers ?? {},
  });
  const change = (part: Partial<Registration>) => setDraft((now) => ({ ...now, ...part }));
  const saving = useMutation({
    mutationFn: () =>
      saveServer(server, {
        ...draft,
        name: draft.name.trim(),
        description: draft.description?.trim() || null,
        url: draft.url.trim(),
      }),
    onSuccess: async (saved) => {
      say(t("saved", { name: saved.name }));
      onClose();
      onSaved(saved);
      await queries.invalidateQueries({ queryKey: SERVERS });
    },
  });
  function submit(event: FormEvent): void {
    event.preventDefault();
    saving.mutate();
  }
  return (
    <Dialog
      open
      wide
      onOpenChange={onClose}
      title={server ? t("editOf", { name: server.name }) : t("add")}
      description={t("addLead")}
    >
      <form onSubmit={submit}>
        <TextField
          label={t("name")}
          hint={t("nameHint")}
          required
          maxLength={200}
          value={draft.name}
          onChange={(event) => change({ name: event.target.value })}
        />
        <TextField
          label="URL"
          hint={server ? t("urlChangeHint") : t("urlHint")}
          type="url"
          required
          maxLength={8_192}
          placeholder="https://mcp.example.org/mcp"
          value={draft.url}
          onChange={(event) => change({ url: event.target.value })}
        />
        <TextAreaField
          label={t("description")}
          rows={2}
          maxLength={10_000}
          value={draft.description ?? ""}
          onChange={(event) => change({ description: event.target.value })}
        />
        <Headers value={draft.headers} onChange={(headers) => change({ headers })} />
        {saving.error && <Failure error={saving.error} />}
        <div className="mt-4 flex justify-end gap-2">
          <Button onClick={onClose}>{common("cancel")}</Button>
          <Button
            type="submit"
            look="primary"
            busy={saving.isPending}
            disabled={!draft.name.trim() || !draft.url.trim()}
          >
            {common("save")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

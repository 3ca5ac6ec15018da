import { FlaskConical, Plus, ShieldCheck, ShieldOff } from "lucide-react";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { Button, ButtonLink } from "@/components/button";
import { When } from "@/components/when";
import { useMayWrite } from "@/features/auth";
import type { Schema } from "@/features/forms";
import { useMayTrust } from "./actions";
import type { Server, ServerTool } from "./api";
import { SchemaTable } from "./schema-table";
import { StateOfTool } from "./state-badge";

interface ToolCardProps {
  server: Server;
  tool: ServerTool;
  onApprove: () => void;
  onRevoke: () => void;
  onTry: () => void;
}

/** A tool as its server describes it: texts of somebody else, shown as texts. */
export function ToolCard({ server, tool, onApprove, onRevoke, onTry }: ToolCardProps) {
  const t = useTranslations("mcp");
  const { name, state } = tool;
  return (
    <li data-mcp-tool={name} className="rounded-lg border border-line bg-surface p-4">
      <div className="flex flex-wrap items-start justify-between gap-2">
        <div className="min-w-0">
          <h3 className="break-all font-medium">
            {tool.title || name} <StateOfTool state={state} />
          </h3>
          <code className="text-ink-soft text-xs">{name}</code>
        </div>
        <CardActions
          server={server}
          tool={tool}
          onApprove={onApprove}
          onRevoke={onRevoke}
          onTry={onTry}
        />
      </div>
      {state === "changed" && (
        <p className="mt-2 rounded-md bg-wait-soft px-3 py-2 text-wait text-xs">
          {t("changedHint")} <When at={tool.approved_at} />
        </p>
      )}
      {tool.description && (
        <p className="mt-2 max-h-60 overflow-auto whitespace-pre-wrap break-words">
          {tool.description}
        </p>
      )}
      <Part title={t("input")}>
        <SchemaTable
          label={t("inputOf", { name })}
          schema={tool.input_schema as unknown as Schema}
        />
      </Part>
      {tool.output_schema && (
        <Part title={t("output")}>
          <SchemaTable
            label={t("outputOf", { name })}
            schema={tool.output_schema as unknown as Schema}
          />
        </Part>
      )}
    </li>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className="mt-3">
      <h4 className="mb-1 font-medium text-[13px]">{title}</h4>
      {children}
    </div>
  );
}

function CardActions({ server, tool, onApprove, onRevoke, onTry }: ToolCardProps) {
  const t = useTranslations("mcp");
  const mayTrust = useMayTrust(server);
  const mayWrite = useMayWrite();
  const { name, state } = tool;
  const approved = state === "approved";
  const query = new URLSearchParams({ kind: "mcp", server: server.name, tool: name });
  return (
    <div className="flex flex-wrap gap-2">
      {approved && mayWrite && (
        <>
          <Button aria-label={t("tryOf", { name })} onClick={onTry}>
            <FlaskConical size={15} aria-hidden />
            {t("try")}
          </Button>
          <ButtonLink href={`/tools/edit?${query}`} label={t("makeOf", { name })}>
            <Plus size={15} aria-hidden />
            {t("make")}
          </ButtonLink>
        </>
      )}
      {approved && mayTrust && (
        <Button look="quiet" aria-label={t("revokeOf", { name })} onClick={onRevoke}>
          <ShieldOff size={15} aria-hidden />
          {t("revoke")}
        </Button>
      )}
      {!approved && mayTrust && (
        <Button look="primary" aria-label={t("approveOf", { name })} onClick={onApprove}>
          <ShieldCheck size={15} aria-hidden />
          {t("approve")}
        </Button>
      )}
    </div>
  );
}

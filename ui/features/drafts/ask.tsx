import { useMutation } from "@tanstack/react-query";
import { FileText, Sparkles, X } from "lucide-react";
import { useTranslations } from "next-intl";
import { type DragEvent, type FormEvent, type ReactNode, useState } from "react";
import { Button, ButtonLink, IconButton } from "@/components/button";
import { SelectField, TextAreaField } from "@/components/field";
import { FileField } from "@/components/file-field";
import { Empty, Failure, Loaded } from "@/components/states";
import { complain } from "@/components/toasts";
import { Problem } from "@/lib/api/problem";
import { byteSize } from "@/lib/format";
import { type Agent, type Order, orderOf, startDraft, useAgents } from "./api";
import { keepDraft, lastDraft } from "./last-draft";
import { ACCEPTED, kindOf, sourceOf, textOf } from "./source";

const RETRIES = 3;

interface AskProps {
  workflowId: string | undefined;
  text: string;
  onText: (text: string) => void;
  /** Stores what the agent is to start from. */
  prepare: (() => Promise<unknown>) | undefined;
  onDraft: (id: string) => void;
  onClose: () => void;
}

/** What the workflow is to do, in whatever words there are, and who drafts it. */
export function Ask(props: AskProps) {
  const agents = useAgents();
  return (
    <Loaded query={agents}>
      {(found) => (found.length > 0 ? <Form {...props} agents={found} /> : <NoAgent />)}
    </Loaded>
  );
}

function NoAgent() {
  const t = useTranslations("drafts");
  return (
    <Empty title={t("noAgent")}>
      <p className="mb-3">{t("noAgentHint")}</p>
      <ButtonLink href="/agents" look="primary">
        {t("toAgents")}
      </ButtonLink>
    </Empty>
  );
}

function Form(props: AskProps & AgentsGiven) {
  const { agents, text, onText, workflowId, prepare, onDraft, onClose } = props;
  const t = useTranslations("drafts");
  const common = useTranslations("common");
  const [file, setFile] = useState<File | null>(null);
  const [agentId, setAgentId] = useState(agents[0]?.id ?? "");
  const source = sourceOf(text, file);
  const starting = useMutation({
    mutationFn: async (order: Order) => {
      await prepare?.();
      return startDraft(order);
    },
    retry: (count, error) => count < RETRIES && error instanceof Problem && error.status === 0,
    onSuccess: (id) => {
      keepDraft(workflowId, id);
      onDraft(id);
    },
  });
  function take(given: File): void {
    const kind = kindOf(given);
    starting.reset();
    if (kind === "pdf") setFile(given);
    else if (kind === "text")
      void textOf(given).then(onText, () =>
        complain(new Error(t("wrongEncoding", { name: given.name }))),
      );
    else complain(new Error(t("wrongFile", { name: given.name })));
  }
  function submit(event: FormEvent): void {
    event.preventDefault();
    if (source && !starting.isPending)
      starting.mutate(orderOf({ source, agentId, workflowId }, starting.variables));
  }
  return (
    <form
      onSubmit={submit}
      onKeyDown={(event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit(event);
      }}
    >
      <Drop onFile={take}>
        {file ? (
          <ChosenFile file={file} onRemove={() => setFile(null)} />
        ) : (
          <TextAreaField
            label={t(workflowId ? "textChange" : "textNew")}
            hint={t("textHint")}
            rows={10}
            value={text}
            onChange={(event) => onText(event.target.value)}
          />
        )}
      </Drop>
      <FileField label={t("file")} hint={t("fileHint")} accept={ACCEPTED} onFile={take} />
      <AgentField agents={agents} value={agentId} onChange={setAgentId} />
      {starting.error && <Failure error={starting.error} />}
      <div className="mt-4 flex flex-wrap justify-end gap-2">
        <LastDraft workflowId={workflowId} onDraft={onDraft} />
        <Button onClick={onClose}>{common("cancel")}</Button>
        <Button
          type="submit"
          look="primary"
          // Busy until the draft is shown.
          busy={starting.isPending || starting.isSuccess}
          disabled={!source}
          aria-keyshortcuts="Control+Enter"
        >
          <Sparkles size={14} aria-hidden />
          {t("start")}
        </Button>
      </div>
    </form>
  );
}

interface AgentsGiven {
  agents: Agent[];
}

/** Takes a file that is dropped on what it surrounds. */
function Drop({ onFile, children }: { onFile: (file: File) => void; children: ReactNode }) {
  const [over, setOver] = useState(false);
  function drop(event: DragEvent): void {
    setOver(false);
    const given = event.dataTransfer.files[0];
    if (!given) return;
    event.preventDefault();
    onFile(given);
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the field for a file does the same for keys
    <div
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
      className={`rounded-md ${over ? "outline-2 outline-accent outline-dashed outline-offset-4" : ""}`}
    >
      {children}
    </div>
  );
}

function ChosenFile({ file, onRemove }: { file: File; onRemove: () => void }) {
  const t = useTranslations("drafts");
  return (
    <p className="mb-3 flex items-center gap-2 rounded-md border border-line bg-sunken px-3 py-2">
      <FileText size={16} aria-hidden />
      <span className="min-w-0 flex-1 truncate">{file.name}</span>
      <span className="text-ink-soft text-xs">{byteSize(file.size)}</span>
      <IconButton label={t("removeFile")} onClick={onRemove}>
        <X size={16} />
      </IconButton>
    </p>
  );
}

interface AgentFieldProps extends AgentsGiven {
  value: string;
  onChange: (id: string) => void;
}

function AgentField({ agents, value, onChange }: AgentFieldProps) {
  const t = useTranslations("drafts");
  return (
    <SelectField
      label={t("agent")}
      hint={t("agentHint")}
      value={value}
      onChange={(event) => onChange(event.target.value)}
    >
      {agents.map((agent) => (
        <option key={agent.id} value={agent.id}>
          {agent.name} · {agent.config.model}
        </option>
      ))}
    </SelectField>
  );
}

/** The way back to a draft that is neither accepted nor discarded. */
function LastDraft({ workflowId, onDraft }: Pick<AskProps, "workflowId" | "onDraft">) {
  const t = useTranslations("drafts");
  const [last] = useState(() => lastDraft(workflowId));
  if (last === null) return null;
  return (
    <Button look="quiet" className="mr-auto" onClick={() => onDraft(last)}>
      {t("lastDraft")}
    </Button>
  );
}

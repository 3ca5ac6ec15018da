import { useMutation } from "@tanstack/react-query";
import { FileText, Sparkles, X } from "lucide-react";
import { useTranslations } from "next-intl";
import { type ChangeEvent, type DragEvent, type FormEvent, type ReactNode, useState } from "react";
import { Button, ButtonLink, IconButton } from "@/components/button";
import { Field, Select, TextArea } from "@/components/field";
import { Empty, Failure, Loaded } from "@/components/states";
import { complain } from "@/components/toasts";
import { byteSize } from "@/lib/format";
import { type Agent, startDraft, useAgents } from "./api";
import { keepDraft, lastDraft } from "./last-draft";
import { ACCEPTED, kindOf, sourceOf, textOf } from "./source";

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
    mutationFn: async () => {
      if (!source) throw new Error(t("nothing"));
      await prepare?.();
      return startDraft({ source, agentId, workflowId });
    },
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
    if (source && !starting.isPending) starting.mutate();
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
          <Field label={t(workflowId ? "textChange" : "textNew")} hint={t("textHint")}>
            {({ id, describedBy }) => (
              <TextArea
                id={id}
                aria-describedby={describedBy}
                rows={10}
                value={text}
                onChange={(event) => onText(event.target.value)}
              />
            )}
          </Field>
        )}
      </Drop>
      <FileField onFile={take} />
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

function FileField({ onFile }: { onFile: (file: File) => void }) {
  const t = useTranslations("drafts");
  function read(event: ChangeEvent<HTMLInputElement>): void {
    const given = event.target.files?.[0];
    if (given) onFile(given);
    // Choosing the same file again, once it is corrected, is a change too.
    event.target.value = "";
  }
  return (
    <Field label={t("file")} hint={t("fileHint")}>
      {({ id, describedBy }) => (
        <input
          id={id}
          type="file"
          accept={ACCEPTED}
          aria-describedby={describedBy}
          onChange={read}
          className="block w-full text-ink-soft text-xs file:mr-3 file:h-8 file:rounded-md file:border file:border-line file:bg-surface file:px-3 file:font-medium file:text-ink"
        />
      )}
    </Field>
  );
}

interface AgentFieldProps extends AgentsGiven {
  value: string;
  onChange: (id: string) => void;
}

function AgentField({ agents, value, onChange }: AgentFieldProps) {
  const t = useTranslations("drafts");
  return (
    <Field label={t("agent")} hint={t("agentHint")}>
      {({ id, describedBy }) => (
        <Select
          id={id}
          aria-describedby={describedBy}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        >
          {agents.map((agent) => (
            <option key={agent.id} value={agent.id}>
              {agent.name} · {agent.config.model}
            </option>
          ))}
        </Select>
      )}
    </Field>
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

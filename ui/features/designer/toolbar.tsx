import {
  AlignHorizontalDistributeCenter,
  AlignStartHorizontal,
  AlignStartVertical,
  AlignVerticalDistributeCenter,
  CloudAlert,
  CloudCheck,
  CloudUpload,
  Ellipsis,
  Keyboard,
  LayoutGrid,
  Play,
  Redo2,
  Search,
  Undo2,
} from "lucide-react";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { Button, IconButton } from "@/components/button";
import { Menu, MenuItem, MenuLine } from "@/components/menu";
import { complain, say } from "@/components/toasts";
import { authorised } from "@/lib/api/client";
import { Problem } from "@/lib/api/problem";
import { saveBlob } from "@/lib/save-blob";
import { saveNow } from "./autosave";
import { ChangeByText } from "./change-by-text";
import { copySelected, duplicateSelected } from "./clipboard";
import { pasteFromClipboard } from "./shortcuts";
import { type Alignment, align, editSettings, redo, undo, useDesigner } from "./store";

interface ToolbarProps {
  published: number | null | undefined;
  onRun: () => void;
  onPublish: () => void;
  onVersions: () => void;
  onFind: () => void;
  onHelp: () => void;
  onArrange: () => void;
}

export function Toolbar({
  published,
  onRun,
  onPublish,
  onVersions,
  onFind,
  onHelp,
  onArrange,
}: ToolbarProps) {
  const t = useTranslations("designer");
  const canUndo = useDesigner((state) => state.past.length > 0);
  const canRedo = useDesigner((state) => state.future.length > 0);
  return (
    <header className="flex flex-wrap items-center gap-1 border-line border-b bg-surface px-3 py-1.5">
      <Name />
      <SaveMark />
      <span className="mx-1 rounded bg-sunken px-2 py-0.5 text-ink-soft text-xs">
        {published ? t("publishedVersion", { version: published }) : t("neverPublished")}
      </span>
      <div role="toolbar" aria-label={t("tools")} className="ml-auto flex items-center">
        <IconButton label={t("undo")} keys="Control+Z" disabled={!canUndo} onClick={undo}>
          <Undo2 size={17} />
        </IconButton>
        <IconButton label={t("redo")} keys="Control+Shift+Z" disabled={!canRedo} onClick={redo}>
          <Redo2 size={17} />
        </IconButton>
        <IconButton label={t("arrange")} keys="Shift+L" onClick={onArrange}>
          <LayoutGrid size={17} />
        </IconButton>
        <Alignments />
        <IconButton label={t("find")} keys="Control+F" onClick={onFind}>
          <Search size={17} />
        </IconButton>
        <IconButton label={t("shortcuts")} keys="?" onClick={onHelp}>
          <Keyboard size={17} />
        </IconButton>
      </div>
      <More onVersions={onVersions} />
      <ChangeByText />
      <Button onClick={onPublish}>{t("publish")}</Button>
      <Button look="primary" onClick={onRun} aria-keyshortcuts="Control+Enter">
        <Play size={14} aria-hidden />
        {t("run")}
      </Button>
    </header>
  );
}

function Name() {
  const t = useTranslations("designer");
  const name = useDesigner((state) => state.settings.name);
  return (
    <input
      aria-label={t("workflowName")}
      value={name}
      maxLength={200}
      onChange={(event) =>
        event.target.value.trim() && editSettings({ name: event.target.value }, "name")
      }
      className="w-44 rounded-md border border-transparent bg-transparent px-2 py-1 font-semibold text-[15px] hover:border-line"
    />
  );
}

/** Whether what is drawn is stored; said aloud when it changes. */
function SaveMark() {
  const t = useTranslations("designer");
  const save = useDesigner((state) => state.save);
  const error = useDesigner((state) => state.saveError);
  const Icon =
    save === "saved"
      ? CloudCheck
      : save === "failed" || save === "conflict"
        ? CloudAlert
        : CloudUpload;
  const colour = save === "failed" || save === "conflict" ? "text-bad" : "text-ink-soft";
  return (
    <span
      role="status"
      data-save={save}
      title={error ?? undefined}
      className={`flex items-center gap-1 text-xs ${colour}`}
    >
      <Icon size={15} aria-hidden />
      {t(`saveState.${save}`)}
      {save === "failed" && (
        <button type="button" className="underline" onClick={() => void saveNow()}>
          {t("saveAgain")}
        </button>
      )}
    </span>
  );
}

const ALIGNMENTS: [Alignment, typeof Play][] = [
  ["left", AlignStartVertical],
  ["top", AlignStartHorizontal],
  ["columns", AlignHorizontalDistributeCenter],
  ["rows", AlignVerticalDistributeCenter],
];

function Alignments() {
  const t = useTranslations("designer");
  const several = useDesigner((state) => state.nodes.filter((node) => node.selected).length > 1);
  if (!several) return null;
  return ALIGNMENTS.map(([how, Icon]) => (
    <IconButton key={how} label={t(`align.${how}`)} onClick={() => align(how)}>
      <Icon size={17} />
    </IconButton>
  ));
}

function More({ onVersions }: { onVersions: () => void }) {
  const t = useTranslations("designer");
  const router = useRouter();
  const workflowId = useDesigner((state) => state.workflowId);
  const name = useDesigner((state) => state.settings.name);
  async function exportYaml(): Promise<void> {
    await saveNow();
    const answer = await authorised(
      new Request(`/api/v1/workflows/${workflowId}/export?format=yaml`),
    );
    if (!answer.ok) throw await Problem.of(answer);
    saveBlob(await answer.blob(), `${name}.yaml`);
  }
  return (
    <Menu
      trigger={
        <IconButton label={t("more")}>
          <Ellipsis size={17} />
        </IconButton>
      }
    >
      <MenuItem onSelect={onVersions}>{t("versions")}</MenuItem>
      <MenuItem onSelect={() => router.push(`/triggers?workflow=${workflowId}`)}>
        {t("triggers")}
      </MenuItem>
      <MenuItem onSelect={() => void exportYaml().catch(complain)}>{t("exportYaml")}</MenuItem>
      <MenuLine />
      <MenuItem
        keys="Ctrl C"
        onSelect={() =>
          void copySelected().then((count) => say(t("copiedNodes", { count })), complain)
        }
      >
        {t("copyNodes")}
      </MenuItem>
      <MenuItem
        keys="Ctrl V"
        onSelect={() => void pasteFromClipboard(t("nothingToPaste")).catch(complain)}
      >
        {t("pasteNodes")}
      </MenuItem>
      <MenuItem keys="Ctrl D" onSelect={duplicateSelected}>
        {t("duplicate")}
      </MenuItem>
    </Menu>
  );
}

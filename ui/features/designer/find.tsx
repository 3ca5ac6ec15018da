import { useTranslations } from "next-intl";
import { type KeyboardEvent, useState } from "react";
import { Dialog } from "@/components/dialog";
import { Input } from "@/components/field";
import { title } from "@/features/graph";
import { useGoTo } from "./problems";
import { useDesigner } from "./store";

interface FindProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

/** Find a node by name, key or anything in its configuration. */
export function Find({ open, onOpenChange }: FindProps) {
  const t = useTranslations("designer");
  const nodes = useDesigner((state) => state.nodes);
  const [words, setWords] = useState("");
  const go = useGoTo();
  const wanted = words.trim().toLowerCase();
  const found = nodes
    .map((node) => node.data.node)
    .filter((node) => JSON.stringify(node).toLowerCase().includes(wanted))
    .sort(
      (a, b) =>
        Number(title(b).toLowerCase().includes(wanted)) -
        Number(title(a).toLowerCase().includes(wanted)),
    )
    .slice(0, 30);
  function choose(key: string): void {
    onOpenChange(false);
    setWords("");
    go([key]);
  }
  function key(event: KeyboardEvent): void {
    const first = found[0];
    if (event.key === "Enter" && first) choose(first.key);
  }
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title={t("find")}>
      <Input
        autoFocus
        aria-label={t("find")}
        placeholder={t("findHint")}
        value={words}
        onChange={(event) => setWords(event.target.value)}
        onKeyDown={key}
      />
      <ul className="mt-2">
        {found.map((node) => (
          <li key={node.key}>
            <button
              type="button"
              onClick={() => choose(node.key)}
              className="flex w-full justify-between gap-3 rounded-md px-2 py-1.5 text-left hover:bg-sunken"
            >
              <span className="truncate">{title(node)}</span>
              <code className="shrink-0 text-ink-soft text-xs">{node.key}</code>
            </button>
          </li>
        ))}
      </ul>
      {found.length === 0 && <p className="mt-2 text-ink-soft">{t("nothingFound")}</p>}
    </Dialog>
  );
}

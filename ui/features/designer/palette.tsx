import { useQuery } from "@tanstack/react-query";
import { Search } from "lucide-react";
import { useTranslations } from "next-intl";
import { type KeyboardEvent, type RefObject, useId, useMemo, useState } from "react";
import { type Catalog, type JsonObject, KindIcon, useCatalog } from "@/features/graph";
import { api, need } from "@/lib/api/client";
import { useCatalogWords } from "@/lib/i18n/catalog-words";
import { useReveal } from "./problems";
import { starter } from "./starters";
import { addNode, type NewNode, selectedNodes, useDesigner } from "./store";

export const PALETTE_TYPE = "application/x-pastetrader-node";

interface Entry {
  id: string;
  group: string;
  title: string;
  text: string;
  icon: string;
  spec: NewNode;
}

type Words = ReturnType<typeof useCatalogWords>;

function entries(
  catalog: Catalog,
  tools: { name: string; description?: string | null }[],
  words: Words,
): Entry[] {
  return [
    ...catalog.nodes
      .filter((kind) => kind.type !== "tool")
      .map((kind) => ({
        id: kind.type,
        group: kind.category,
        ...words("nodes", kind.type, kind),
        icon: kind.icon,
        spec: { type: kind.type, name: kind.title, config: starter(kind.type) },
      })),
    ...catalog.tools
      .filter((kind) => kind.kind !== "builtin")
      .map((kind) => ({
        id: `tool-${kind.kind}`,
        group: "work",
        ...words("tools", kind.kind, kind),
        icon: kind.icon,
        spec: { type: "tool", name: kind.title, config: starter(kind.kind) },
      })),
    ...catalog.builtins.map((helper) => ({
      id: `builtin-${helper.name}`,
      group: "builtin",
      ...words("builtins", helper.name, helper),
      icon: "box",
      spec: {
        type: "tool",
        name: helper.title,
        config: { kind: "builtin", name: helper.name } as JsonObject,
      },
    })),
    ...tools.map((tool) => ({
      id: `registered-${tool.name}`,
      group: "registered",
      title: tool.name,
      text: tool.description ?? "",
      icon: "wrench",
      spec: { type: "tool", name: tool.name, tool: tool.name },
    })),
  ];
}

function useEntries(words: string): Entry[] {
  const { data: catalog } = useCatalog();
  const named = useCatalogWords();
  const { data: tools } = useQuery({
    queryKey: ["tools", "palette"],
    queryFn: () => need(api.GET("/api/v1/tools", { params: { query: { limit: 100 } } })),
  });
  return useMemo(() => {
    const wanted = words.trim().toLowerCase();
    const all = catalog ? entries(catalog, tools?.items ?? [], named) : [];
    if (!wanted) return all;
    // The server's name is found too, whatever the reader's language.
    const names = (each: Entry) => `${each.title} ${each.id}`.toLowerCase();
    const first = all.filter((each) => names(each).includes(wanted));
    const told = all.filter(
      (each) => !first.includes(each) && each.text.toLowerCase().includes(wanted),
    );
    return [...first, ...told];
  }, [catalog, tools, words, named]);
}

/** Where a new node goes: behind the only selected one, or into the selected container. */
function place(spec: NewNode): Parameters<typeof addNode>[1] {
  const [only, ...more] = selectedNodes();
  if (!only || more.length > 0) return {};
  if (spec.type !== "trigger" && only.type === "container" && isEmptyContainer(only.id))
    return { parentId: only.id };
  const way = firstFreeWay(only.id);
  return spec.type === "trigger" ? {} : { after: { id: only.id, way } };
}

function isEmptyContainer(id: string): boolean {
  return !useDesigner.getState().nodes.some((node) => node.parentId === id);
}

function firstFreeWay(id: string): string | null {
  const { nodes, edges } = useDesigner.getState();
  const node = nodes.find((each) => each.id === id)?.data.node;
  if (node?.type !== "condition") return null;
  const taken = new Set(
    edges.filter((edge) => edge.source === id).map((edge) => edge.sourceHandle),
  );
  const branches = (node.config?.branches ?? []) as { handle: string }[];
  const ways = [
    ...branches.map((branch) => branch.handle),
    node.config?.default as string | undefined,
  ];
  return ways.find((way) => way && !taken.has(way)) ?? ways[0] ?? null;
}

const GROUPS = ["flow", "work", "data", "builtin", "registered"] as const;
type Group = (typeof GROUPS)[number];

export function Palette({ search }: { search: RefObject<HTMLInputElement | null> }) {
  const t = useTranslations("designer");
  const [words, setWords] = useState("");
  const [at, setAt] = useState(0);
  const list = useId();
  const reveal = useReveal();
  const found = useEntries(words);
  const shown = GROUPS.flatMap((group) => found.filter((each) => groupOf(each) === group));
  const chosen = shown[Math.min(at, shown.length - 1)];

  function add(entry: Entry): void {
    reveal(addNode(entry.spec, place(entry.spec)));
    setWords("");
    setAt(0);
  }

  function key(event: KeyboardEvent): void {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      setAt((index) => Math.max(0, Math.min(shown.length - 1, index + step)));
    }
    if (event.key === "Enter" && chosen) add(chosen);
    if (event.key === "Escape") (event.target as HTMLElement).blur();
  }

  return (
    <aside
      aria-label={t("palette")}
      className="flex w-56 shrink-0 flex-col border-line border-r bg-surface"
    >
      <div className="relative p-2">
        <Search size={14} className="absolute top-4.5 left-4.5 text-ink-soft" aria-hidden />
        <input
          ref={search}
          role="combobox"
          aria-expanded
          aria-controls={list}
          aria-activedescendant={chosen ? `${list}-${chosen.id}` : undefined}
          aria-label={t("searchPalette")}
          placeholder={t("searchPalette")}
          value={words}
          onChange={(event) => {
            setWords(event.target.value);
            setAt(0);
          }}
          onKeyDown={key}
          className="h-8 w-full rounded-md border border-line bg-surface pr-7 pl-8"
        />
        <kbd className="absolute top-4 right-4.5 text-ink-soft text-xs">/</kbd>
      </div>
      <div
        id={list}
        role="listbox"
        aria-label={t("palette")}
        className="min-h-0 flex-1 overflow-auto px-2 pb-3"
      >
        {GROUPS.map((group) => (
          <PaletteGroup
            key={group}
            list={list}
            group={group}
            entries={shown.filter((each) => groupOf(each) === group)}
            chosen={words ? chosen : undefined}
            onAdd={add}
          />
        ))}
        {shown.length === 0 && <p className="p-2 text-ink-soft">{t("nothingFound")}</p>}
      </div>
    </aside>
  );
}

function groupOf(entry: Entry): Group {
  return (GROUPS as readonly string[]).includes(entry.group) ? (entry.group as Group) : "work";
}

interface PaletteGroupProps {
  list: string;
  group: Group;
  entries: Entry[];
  chosen: Entry | undefined;
  onAdd: (entry: Entry) => void;
}

function PaletteGroup({ list, group, entries, chosen, onAdd }: PaletteGroupProps) {
  const t = useTranslations("designer");
  if (entries.length === 0) return null;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a group of a listbox is no fieldset
    <div role="group" aria-label={t(`groups.${group}`)}>
      <p className="px-1 pt-2 pb-1 font-medium text-ink-soft text-xs">{t(`groups.${group}`)}</p>
      {entries.map((entry) => (
        // biome-ignore lint/a11y/useFocusableInteractive: the search box above holds the focus
        <div
          key={entry.id}
          id={`${list}-${entry.id}`}
          role="option"
          data-palette={entry.id}
          aria-selected={entry === chosen}
          draggable
          title={entry.text}
          onDragStart={(event) => {
            event.dataTransfer.setData(PALETTE_TYPE, JSON.stringify(entry.spec));
            event.dataTransfer.effectAllowed = "copy";
          }}
          onClick={() => onAdd(entry)}
          onKeyDown={(event) => event.key === "Enter" && onAdd(entry)}
          className="flex cursor-grab items-center gap-2 rounded-md px-1.5 py-1.5 hover:bg-sunken aria-selected:bg-accent-soft"
        >
          <span className="text-accent">
            <KindIcon name={entry.icon} size={15} />
          </span>
          <span className="truncate text-[13px]">{entry.title}</span>
        </div>
      ))}
    </div>
  );
}

"use client";

import { useSearchParams } from "next/navigation";
import { useTranslations } from "next-intl";
import { type ComponentProps, type ReactNode, useState } from "react";
import { Loaded } from "@/components/states";
import { Page } from "@/features/shell";
import { copyOf } from "./drafts";
import {
  type Draft,
  editPath,
  type Registry,
  type RegistryName,
  type Stored,
  useStored,
} from "./registry";

/** What the address asks for in these parameters, and what keeps the room once it has an id. */
export function useAsked(name: RegistryName, parameters: readonly string[]) {
  const params = useSearchParams();
  const [made, setMade] = useState<{ id: string; asked: string } | null>(null);
  const given = [...params].filter(([key]) => parameters.includes(key));
  // A new one that was just saved is the same room under another address.
  const same = made && made.id === params.get("id");
  const asked = same ? made.asked : new URLSearchParams(given).toString();
  function keep({ id }: Pick<Stored, "id">): void {
    setMade({ id, asked });
    window.history.replaceState(null, "", editPath(name, { id }));
  }
  return [asked, keep] as const;
}

interface OpenedProps<S extends Stored, D extends Draft> {
  registry: Registry<S, D>;
  id: string;
  /** Whether a new one like it is asked for. */
  copied: boolean;
  children: (stored: S | null, first: D) => ReactNode;
}

/** The room of a stored one, or of a copy of it, once it is read. */
export function Opened<S extends Stored, D extends Draft>(props: OpenedProps<S, D>) {
  const { registry, id, copied, children } = props;
  const query = useStored(registry, id);
  if (!query.data) return <Waiting name={registry.name} query={query} />;
  if (copied) return children(null, copyOf(registry, query.data));
  return children(query.data, registry.draftOf(query.data));
}

interface WaitingProps {
  name: RegistryName;
  query: ComponentProps<typeof Loaded>["query"];
}

/** The room while what is asked for is not there, or why it does not come. */
export function Waiting({ name, query }: WaitingProps) {
  const t = useTranslations(name);
  return (
    <Page title={t("title")}>
      <Loaded query={query}>{() => null}</Loaded>
    </Page>
  );
}

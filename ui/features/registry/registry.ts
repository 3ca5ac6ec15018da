import { useQuery } from "@tanstack/react-query";
import { useSession } from "@/lib/api/session";

/** What agents and tools have in common as they are stored. */
export interface Stored {
  id: string;
  owner_id: string;
  name: string;
  description: string | null;
  is_public: boolean;
  version: number;
  updated_at: string;
}

/** What their editors have in common as they hold one. */
export interface Draft {
  name: string;
  description: string;
  shared: boolean;
}

/** Things that are kept under a name, are edited in a room of their own, and are used by others. */
export interface Registry<S extends Stored, D extends Draft> {
  /** Under this name stand its rooms, its messages and what is cached of it. */
  name: "agents" | "tools";
  fetch: (id: string) => Promise<S>;
  /** Makes one, or changes the one that is given, which must still be at its version. */
  save: (over: S | null, draft: D) => Promise<S>;
  remove: (stored: S) => Promise<unknown>;
  draftOf: (stored: S) => D;
  /** What of a draft is stored, as a document. */
  contentOf: (draft: D) => object;
  /** The same in parts, each of which has a name among the messages. */
  partsOf: (draft: D) => Record<string, unknown>;
  /** Whether it says as much as can be saved. */
  isWhole: (draft: D) => boolean;
}

export type RegistryName = Registry<Stored, Draft>["name"];

/** The editor of one: a stored one by `id`, one like another by `copy`. */
export function editPath(name: RegistryName, asked: { id: string } | { copy: string }): string {
  return `/${name}/edit?${new URLSearchParams(asked)}`;
}

export function useStored<S extends Stored, D extends Draft>(
  { name, fetch }: Registry<S, D>,
  id: string,
) {
  return useQuery({ queryKey: [name, "one", id], queryFn: () => fetch(id) });
}

/** Whether it is the reader's own, as what is not stored yet is. */
export function useMine(stored: Stored | null): boolean {
  const me = useSession((state) => state.user?.id);
  return !stored || stored.owner_id === me;
}

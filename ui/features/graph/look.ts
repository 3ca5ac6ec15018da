import { createContext, useContext } from "react";
import type { Status } from "@/components/status";

/** What is to be seen of a node besides what it is. */
export interface Look {
  status?: Status | undefined;
  /** Passes of a node inside a container, by status. */
  counts?: Partial<Record<Status, number>> | undefined;
  detail?: string | undefined;
  errors?: number | undefined;
  warnings?: number | undefined;
  change?: "added" | "removed" | "changed" | undefined;
}

const NOTHING: Look = {};

/** A hook that reads one node's look, so that an event re-renders one node. */
export const LookContext = createContext<(key: string) => Look>(() => NOTHING);

export function useLook(key: string): Look {
  return useContext(LookContext)(key);
}

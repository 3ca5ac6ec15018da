import { useQuery } from "@tanstack/react-query";
import { api, need } from "./client";

export const SECRETS = ["secrets"] as const;
const NONE: readonly string[] = [];

/** Names of the account's secrets, for texts that may name one. */
export function useSecretNames(): readonly string[] {
  const { data } = useQuery({ queryKey: [...SECRETS, "names"], queryFn: everyName });
  return data ?? NONE;
}

async function everyName(): Promise<string[]> {
  const names: string[] = [];
  let cursor: string | null = null;
  do {
    const query: { limit: number; cursor?: string } = { limit: 100, ...(cursor && { cursor }) };
    const page = await need(api.GET("/api/v1/secrets", { params: { query } }));
    names.push(...page.items.map(({ name }) => name));
    cursor = page.next_cursor;
  } while (cursor);
  return names;
}

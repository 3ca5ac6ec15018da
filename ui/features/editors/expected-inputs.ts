import { useMemo } from "react";
import type { Schema } from "@/features/forms";
import type { JsonObject } from "@/features/graph";
import { serverNamed, useServers, useServerTools } from "@/features/mcp";
import { guessedInputs } from "./guessed-inputs";

/** Names of the inputs that a configuration wants, as far as it or its MCP server tells. */
export function useExpectedInputs(config: JsonObject | null | undefined): string[] {
  const isMcp = config?.kind === "mcp";
  const servers = useServers(isMcp);
  const server = isMcp ? serverNamed(servers.data ?? [], String(config.server ?? "")) : undefined;
  const tools = useServerTools(server?.id ?? "");
  const offered = tools.data?.find((each) => each.name === config?.tool)?.input_schema;
  return useMemo(() => {
    if (!config) return [];
    const schema = isMcp ? (offered as Schema | undefined) : guessedInputs(config);
    return Object.keys(schema?.properties ?? {});
  }, [config, isMcp, offered]);
}

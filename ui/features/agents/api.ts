import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { api, need, type Schemas } from "@/lib/api/client";
import { pages } from "@/lib/api/pages";
import type { Settings } from "./types";

export type Agent = Schemas["AgentOut"];
export type Model = Schemas["ModelOut"];
export type Conversation = Schemas["ConversationOut"];

export const AGENTS = ["agents"] as const;
const MOST_CHOICES = 100;

/** Everything about an agent that its editor holds. */
export interface Content {
  name: string;
  description: string | null;
  config: Settings;
  is_public: boolean;
}

export function useAgents(text: string) {
  return useInfiniteQuery({
    queryKey: [...AGENTS, "list", text],
    ...pages((place) =>
      need(api.GET("/api/v1/agents", { params: { query: { ...(text && { text }), ...place } } })),
    ),
    placeholderData: keepPreviousData,
  });
}

/** Those that graphs and other agents can name. */
export function useAgentChoices(): Pick<Agent, "id" | "name">[] {
  const { data } = useQuery({
    queryKey: [...AGENTS, "choices"],
    queryFn: () => need(api.GET("/api/v1/agents", { params: { query: { limit: MOST_CHOICES } } })),
    select: ({ items }) => items,
  });
  return data ?? [];
}

export function fetchAgent(id: string): Promise<Agent> {
  return need(api.GET("/api/v1/agents/{agent_id}", { params: { path: { agent_id: id } } }));
}

/** Makes an agent, or changes the one that is given, which must still be at its version. */
export function saveAgent(
  agent: Pick<Agent, "id" | "version"> | null,
  content: Content,
): Promise<Agent> {
  // The server says what the settings lack.
  const body = content as unknown as Schemas["NewAgent"];
  if (!agent) return need(api.POST("/api/v1/agents", { body }));
  return need(
    api.PATCH("/api/v1/agents/{agent_id}", {
      params: { path: { agent_id: agent.id } },
      body: { ...body, version: agent.version },
    }),
  );
}

export function deleteAgent({ id }: Pick<Agent, "id">): Promise<unknown> {
  return need(api.DELETE("/api/v1/agents/{agent_id}", { params: { path: { agent_id: id } } }));
}

/** Models whose prices the server knows. */
export function useModels() {
  return useQuery({
    queryKey: ["models"],
    queryFn: () => need(api.GET("/api/v1/models")),
    select: ({ items }) => items,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function useConversations(agentId: string) {
  return useInfiniteQuery({
    queryKey: [...AGENTS, "conversations", agentId],
    ...pages((query) =>
      need(
        api.GET("/api/v1/agents/{agent_id}/conversations", {
          params: { path: { agent_id: agentId }, query },
        }),
      ),
    ),
  });
}

export interface Outgoing {
  message: string;
  /** Null begins a conversation. */
  conversationId: string | null;
  /** Sent again under the same id it is the same message. */
  messageId: string;
}

export function sendMessage(agentId: string, outgoing: Outgoing) {
  const { message, conversationId, messageId } = outgoing;
  return need(
    api.POST("/api/v1/agents/{agent_id}/chat", {
      params: { path: { agent_id: agentId } },
      body: { message, conversation_id: conversationId, message_id: messageId },
    }),
  );
}

export function closeConversation(id: string): Promise<unknown> {
  return need(
    api.POST("/api/v1/conversations/{conversation_id}/close", {
      params: { path: { conversation_id: id } },
    }),
  );
}

export function stopRun(id: string): Promise<unknown> {
  return need(
    api.POST("/api/v1/executions/{execution_id}/cancel", {
      params: { path: { execution_id: id } },
    }),
  );
}

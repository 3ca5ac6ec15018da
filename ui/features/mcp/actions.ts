import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { complain, say } from "@/components/toasts";
import { useSession } from "@/lib/api/session";
import { refreshServer, SERVERS, type Server } from "./api";
import { stateOf } from "./state";

/** Reads a server's tools again; the answer tells why that failed. */
export function useRefresh(server: Server) {
  const t = useTranslations("mcp");
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => refreshServer(server.id),
    onSuccess: async (fresh) => {
      const state = stateOf(fresh);
      if (state.kind === "failed") say(state.message, true);
      else say(t("refreshed", { name: fresh.name, count: fresh.offered }));
      await queries.invalidateQueries({ queryKey: SERVERS });
    },
    onError: complain,
  });
}

/** Whether the account may read and approve a server's tools: everybody's are an administrator's. */
export function useMayTrust(server: Server): boolean {
  const role = useSession((state) => state.user?.role);
  return role === "admin" || (role !== "viewer" && !server.operator);
}

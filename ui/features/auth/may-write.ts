import { useSession } from "@/lib/api/session";

/** Whether the signed-in account may change things; viewers only look. */
export function useMayWrite(): boolean {
  return useSession((state) => state.user?.role !== "viewer");
}

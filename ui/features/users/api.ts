import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { complain } from "@/components/toasts";
import { api, need, type Schemas } from "@/lib/api/client";
import { pages } from "@/lib/api/pages";

export type Account = Schemas["UserOut"];
export type Role = Schemas["Role"];

export const ROLES = ["admin", "editor", "viewer"] as const satisfies Role[];
export const USERS = ["users"] as const;

export function useUsers(enabled: boolean) {
  return useInfiniteQuery({
    queryKey: [...USERS, "list"],
    ...pages((place) =>
      need(api.GET("/api/v1/users", { params: { query: { limit: 50, ...place } } })),
    ),
    enabled,
  });
}

export function createUser(body: Schemas["NewUser"]): Promise<Account> {
  return need(api.POST("/api/v1/users", { body }));
}

export function changeUser(id: string, body: Schemas["UserChange"]): Promise<Account> {
  return need(api.PATCH("/api/v1/users/{user_id}", { params: { path: { user_id: id } }, body }));
}

export function deleteUser(id: string): Promise<unknown> {
  return need(api.DELETE("/api/v1/users/{user_id}", { params: { path: { user_id: id } } }));
}

/** Changes an account from within its row. */
export function useChange({ id }: Account) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (change: Schemas["UserChange"]) => changeUser(id, change),
    onError: complain,
    onSettled: () => queries.invalidateQueries({ queryKey: USERS }),
  });
}

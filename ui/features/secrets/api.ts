import { useInfiniteQuery } from "@tanstack/react-query";
import { api, need, type Schemas } from "@/lib/api/client";
import { pages } from "@/lib/api/pages";
import { SECRETS } from "@/lib/api/secrets";

export type Secret = Schemas["SecretOut"];
export { SECRETS };

/** The form that the server asks of a name. */
export const NAME = "[A-Za-z_][A-Za-z0-9_]{0,62}";
export const SHORTEST = 6;

export function useSecrets() {
  return useInfiniteQuery({
    queryKey: [...SECRETS, "list"],
    ...pages((place) =>
      need(api.GET("/api/v1/secrets", { params: { query: { limit: 50, ...place } } })),
    ),
  });
}

/** Keeps a value under a name, in place of the one that was there unless it must be new. */
export function putSecret(
  name: string,
  body: Schemas["SecretIn"],
  { isNew }: { isNew: boolean },
): Promise<Secret> {
  const header = isNew ? { "if-none-match": "*" } : {};
  return need(api.PUT("/api/v1/secrets/{name}", { params: { path: { name }, header }, body }));
}

export function deleteSecret({ name }: Secret): Promise<unknown> {
  return need(api.DELETE("/api/v1/secrets/{name}", { params: { path: { name } } }));
}

export function rotateSecrets(): Promise<Schemas["Rotated"]> {
  return need(api.POST("/api/v1/secrets/rotate"));
}

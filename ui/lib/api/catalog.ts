import { useQuery } from "@tanstack/react-query";
import { api, need, type Schemas } from "./client";

export type Catalog = Schemas["Catalog"];
export type NodeKind = Schemas["NodeKind"];
export type ToolKind = Schemas["ToolKind"];

/** What graphs are made of, by the server's own account; it changes with the server only. */
export function useCatalog() {
  return useQuery({
    queryKey: ["catalog"],
    queryFn: () => need(api.GET("/api/v1/catalog")),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

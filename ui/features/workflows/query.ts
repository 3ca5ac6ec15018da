import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { api, need } from "@/lib/api/client";
import { pages } from "@/lib/api/pages";
import { WORKFLOWS } from "./actions";

export const SORTS = ["-updated_at", "-created_at", "name"] as const;

export interface Filter {
  text: string;
  published: "" | "yes" | "no";
  sort: (typeof SORTS)[number];
}

export const ANY: Filter = { text: "", published: "", sort: "-updated_at" };

export function useWorkflows({ text, published, sort }: Filter) {
  return useInfiniteQuery({
    queryKey: [...WORKFLOWS, "list", text, published, sort],
    ...pages((place) =>
      need(
        api.GET("/api/v1/workflows", {
          params: {
            query: {
              sort,
              ...(text && { text }),
              ...(published && { published: published === "yes" }),
              ...place,
            },
          },
        }),
      ),
    ),
    placeholderData: keepPreviousData,
  });
}

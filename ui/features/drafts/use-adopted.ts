import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { type GraphDocument, readDocument } from "@/features/graph";
import { adopted } from "./adopt";
import type { Draft } from "./api";
import { NOTHING } from "./node-changes";

interface Drawn {
  base: GraphDocument;
  /** Undefined until it is placed, and while the agent has drawn nothing. */
  document: GraphDocument | undefined;
  placing: { error: unknown; isPending: boolean };
}

/** What a draft starts from and what it makes of it, ready to be drawn. */
export function useAdopted({ id, base, document }: Draft): Drawn {
  const written = JSON.stringify(document ?? null);
  const start = useMemo(() => (base ? readDocument(base) : NOTHING), [base]);
  const placing = useQuery({
    queryKey: ["draft-places", id, written],
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: keepPreviousData,
    queryFn: async () => {
      const read = JSON.parse(written) as unknown;
      if (read === null) return null;
      const whole = readDocument(read);
      return whole.nodes.length > 0 ? adopted(whole, start) : null;
    },
  });
  return { base: start, document: placing.data ?? undefined, placing };
}

import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { fetchPiece, type Piece } from "@/lib/api/artifacts";
import type { Artifact } from "@/lib/artifact";

/** The text of an artifact as far as it was asked for, piece by piece. */
export function useText(artifact: Artifact) {
  const query = useInfiniteQuery({
    queryKey: ["artifact", artifact.id, "pieces"],
    queryFn: ({ pageParam, signal }) => fetchPiece(artifact, pageParam, signal),
    initialPageParam: 0,
    getNextPageParam: (last, pieces) => {
      const read = sizeOf(pieces);
      return read < last.total && last.bytes.byteLength > 0 ? read : null;
    },
    // Artifacts never change.
    staleTime: Number.POSITIVE_INFINITY,
  });
  const pieces = query.data?.pages;
  const whole = !query.hasNextPage;
  const text = useMemo(() => pieces && decoded(pieces, whole), [pieces, whole]);
  return { query, text, whole, read: sizeOf(pieces ?? []) };
}

function sizeOf(pieces: Piece[]): number {
  return pieces.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
}

/** UTF-8 in pieces as text; of a character that the last one cuts nothing is shown yet. */
export function decoded(pieces: Piece[], whole: boolean): string {
  const decoder = new TextDecoder();
  const texts = pieces.map(({ bytes }) => decoder.decode(bytes, { stream: true }));
  return texts.join("") + (whole ? decoder.decode() : "");
}

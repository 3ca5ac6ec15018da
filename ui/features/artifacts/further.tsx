import { LoadMore } from "@/components/load-more";
import type { Artifact } from "@/lib/artifact";
import { Refused } from "./refused";
import type { useText } from "./text";

interface FurtherProps {
  artifact: Artifact;
  query: ReturnType<typeof useText>["query"];
  onMore?: () => void;
}

/** The next piece of an artifact, or why it did not come. */
export function Further({ artifact, query, onMore }: FurtherProps) {
  const { hasNextPage, isFetchingNextPage, error } = query;
  function fetchNextPage(): void {
    onMore?.();
    void query.fetchNextPage();
  }
  return (
    <>
      {error && <Refused artifact={artifact} error={error} />}
      <LoadMore query={{ hasNextPage, isFetchingNextPage, fetchNextPage }} />
    </>
  );
}

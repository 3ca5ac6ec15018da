import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { fetchArtifact } from "@/lib/api/artifacts";
import type { Artifact } from "@/lib/artifact";

/** An address of an artifact's bytes for elements of this page: the API wants the access token. */
export function useBlobUrl(artifact: Artifact): { url: string | null; error: unknown } {
  const { data, error } = useQuery({
    queryKey: ["artifact", artifact.id, "blob"],
    queryFn: ({ signal }) => fetchArtifact(artifact, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => {
    if (!data) return;
    const made = URL.createObjectURL(data);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [data]);
  return { url, error };
}

import type { Artifact } from "@/lib/artifact";
import { authorised } from "./client";
import { Problem } from "./problem";

export const PIECE_BYTES = 256 * 1024;

/** All bytes of an artifact. Throws `Problem`; 404 when it is gone. */
export async function fetchArtifact({ id }: Artifact, signal?: AbortSignal): Promise<Blob> {
  return (await answered(id, {}, signal)).blob();
}

export interface Piece {
  bytes: Uint8Array;
  /** Size of the whole artifact. */
  total: number;
}

/** The piece of an artifact that begins at the byte `from`. Throws `Problem`. */
export async function fetchPiece(
  { id, size }: Artifact,
  from: number,
  signal?: AbortSignal,
): Promise<Piece> {
  // Of nothing there is no range.
  const headers: Record<string, string> =
    size > 0 ? { Range: `bytes=${from}-${from + PIECE_BYTES - 1}` } : {};
  const answer = await answered(id, headers, signal);
  const bytes = new Uint8Array(await answer.arrayBuffer());
  const total = /\/(\d+)$/.exec(answer.headers.get("Content-Range") ?? "")?.[1];
  return { bytes, total: total === undefined ? bytes.byteLength : Number(total) };
}

async function answered(
  id: string,
  headers: Record<string, string>,
  signal?: AbortSignal,
): Promise<Response> {
  const path = `/api/v1/artifacts/${encodeURIComponent(id)}`;
  const answer = await authorised(new Request(path, { headers, ...(signal && { signal }) }));
  if (!answer.ok) throw await Problem.of(answer);
  return answer;
}

import { useQuery } from "@tanstack/react-query";
import { Lock } from "lucide-react";
import { useTranslations } from "next-intl";
import type { Json } from "@/features/graph";
import { secretReference, type TextPiece } from "@/lib/secret-text";
import { useSettled } from "@/lib/use-settled";
import { type Previewed, previewed } from "./previewed";
import { useScope } from "./scope";

/** What a template gives on the sample data; secrets in it stay references. */
export function Preview({ template }: { template: Json }) {
  const t = useTranslations("designer");
  const scope = useScope();
  const settled = useSettled(template);
  const { data } = useQuery({
    queryKey: ["evaluate", settled, scope],
    queryFn: () => previewed(settled, scope),
    staleTime: 60_000,
    gcTime: 60_000,
    placeholderData: (before: Previewed | undefined) => before,
  });
  if (!data) return null;
  return (
    <p
      aria-live="polite"
      data-preview
      className={`mt-1 break-words rounded px-2 py-1 font-mono text-[11.5px] ${data.ok ? "bg-ok-soft text-ok" : "bg-wait-soft text-wait"}`}
    >
      <span className="sr-only">{t("preview")}: </span>
      {data.ok ? <Pieces pieces={data.pieces} /> : data.error}
    </p>
  );
}

function Pieces({ pieces }: { pieces: TextPiece[] }) {
  return (
    <>
      {"= "}
      {pieces.map((piece, index) =>
        typeof piece === "string" ? (
          piece
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of a text do not move
          <SecretChip key={index} name={piece.secret} />
        ),
      )}
    </>
  );
}

/** A secret in the middle of a text, by its name. */
function SecretChip({ name }: { name: string }) {
  const t = useTranslations("secrets");
  const { secrets = [] } = useScope();
  const known = secrets.includes(name);
  return (
    <span
      title={known ? undefined : t("unknown")}
      className={`inline-flex items-center gap-1 rounded bg-surface px-1 align-middle ${known ? "text-ink" : "text-wait"}`}
    >
      <Lock size={10} aria-hidden />
      {secretReference(name)}
    </span>
  );
}

import { useTranslations } from "next-intl";
import { useMemo, useState } from "react";
import { Button } from "@/components/button";
import { Grid } from "@/components/grid";
import { Loading } from "@/components/states";
import { type Artifact, fileName, plainType } from "@/lib/artifact";
import { parseRows } from "./csv";
import { Further } from "./further";
import { Refused } from "./refused";
import { useText } from "./text";

const ROWS = 200;

/** Rows of a CSV file; its first row names the columns. */
export function TableBody({ artifact }: { artifact: Artifact }) {
  const t = useTranslations("artifacts");
  const { query, text, whole } = useText(artifact);
  const [most, setMost] = useState(ROWS);
  const delimiter = plainType(artifact.type) === "text/csv" ? "," : "\t";
  const [head = [], ...rows] = useMemo(() => {
    const parsed = parseRows(text ?? "", delimiter);
    return parsed.ended || whole ? parsed.rows : parsed.rows.slice(0, -1);
  }, [text, whole, delimiter]);
  if (text === undefined)
    return query.error ? <Refused artifact={artifact} error={query.error} /> : <Loading />;
  if (head.length === 0 && whole) return <p className="text-ink-soft">{t("noRows")}</p>;
  const shown = Math.min(most, rows.length);
  const more = () => setMost(most + ROWS);
  return (
    <>
      <Grid label={fileName(artifact)} columns={head} rows={rows.slice(0, shown)} />
      <p role="status" className="mt-2 text-center text-ink-soft text-xs">
        {t(whole ? "rows" : "rowsSoFar", { shown, count: rows.length })}
      </p>
      {shown < rows.length ? (
        <More onMore={more} />
      ) : (
        <Further artifact={artifact} query={query} onMore={more} />
      )}
    </>
  );
}

/** More of the rows that are here already. */
function More({ onMore }: { onMore: () => void }) {
  const t = useTranslations("common");
  return (
    <div className="mt-4 flex justify-center">
      <Button onClick={onMore}>{t("more")}</Button>
    </div>
  );
}

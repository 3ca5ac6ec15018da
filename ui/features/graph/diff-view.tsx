import { useTranslations } from "next-intl";
import { type GraphDiff, isEmpty } from "./diff";

/** A diff in words: one line for each node, edge and setting. */
export function DiffView({ diff }: { diff: GraphDiff }) {
  const t = useTranslations("designer");
  if (isEmpty(diff)) return <p className="text-ink-soft">{t("diff.none")}</p>;
  return (
    <ul className="space-y-0.5 text-[13px]">
      {diff.added.map((key) => (
        <Line key={`+${key}`} sign="+" colour="text-ok" text={key} />
      ))}
      {diff.removed.map((key) => (
        <Line key={`-${key}`} sign="−" colour="text-bad" text={key} />
      ))}
      {diff.changed.map(({ key, fields }) => (
        <Line key={`~${key}`} sign="~" colour="text-wait" text={`${key}: ${fields.join(", ")}`} />
      ))}
      {diff.edgesAdded.map((edge) => (
        <Line
          key={`+${edge.id}`}
          sign="+"
          colour="text-ok"
          text={`${edge.source} → ${edge.target}`}
        />
      ))}
      {diff.edgesRemoved.map((edge) => (
        <Line
          key={`-${edge.id}`}
          sign="−"
          colour="text-bad"
          text={`${edge.source} → ${edge.target}`}
        />
      ))}
      {diff.settings.map((name) => (
        <Line key={name} sign="~" colour="text-wait" text={name} />
      ))}
    </ul>
  );
}

function Line({ sign, colour, text }: { sign: string; colour: string; text: string }) {
  return (
    <li className={`flex gap-2 ${colour}`}>
      <span className="w-3 text-center font-mono">{sign}</span>
      <span className="min-w-0 break-words">{text}</span>
    </li>
  );
}

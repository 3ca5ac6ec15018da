import Link from "next/link";
import { useTranslations } from "next-intl";
import { Problem } from "@/lib/api/problem";
import { Failure } from "./states";

const ROOMS: Record<string, string> = {
  workflows: "/workflows/edit?id=",
  tools: "/tools/edit?id=",
  agents: "/agents/edit?id=",
};

/** Why something is kept, with a way to each workflow, tool and agent that uses it. */
export function UsedBy({ error }: { error: unknown }) {
  const t = useTranslations("common");
  const users = usersIn(error);
  if (users.length === 0)
    return (
      <div className="mb-4">
        <Failure error={error} />
      </div>
    );
  return (
    <div role="alert" className="mb-4 rounded-lg bg-bad-soft p-4 text-bad">
      <p className="break-words font-medium">{(error as Problem).message}</p>
      <ul aria-label={t("usedBy")} className="mt-1 flex flex-wrap gap-x-3 text-sm">
        {users.map(({ href, name }) => (
          <li key={href}>
            <Link href={href} className="break-words underline">
              {name}
            </Link>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** What a refusal names as users, with the room of each. */
export function usersIn(error: unknown): { href: string; name: string }[] {
  if (!(error instanceof Problem)) return [];
  return error.items.flatMap(({ code, path, message }) => {
    const [kind = "", id = ""] = path.split("/");
    const room = ROOMS[kind];
    if (code !== "USED" || !room || !id) return [];
    return [{ href: room + encodeURIComponent(id), name: message.replace(/^uses it: /, "") }];
  });
}

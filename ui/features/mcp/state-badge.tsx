import { CircleAlert, CircleCheck, CircleDashed } from "lucide-react";
import { useTranslations } from "next-intl";
import type { Server, ServerTool } from "./api";
import { stateOf } from "./state";

/** Where a server stands, in a line. */
export function StateOfServer({ server }: { server: Server }) {
  const t = useTranslations("mcp");
  const state = stateOf(server);
  if (state.kind === "never") return <span className="text-ink-soft">{t("state.never")}</span>;
  if (state.kind === "failed")
    return (
      <span className="line-clamp-2 break-words text-bad" title={state.message}>
        {t("state.failed")} {state.message}
      </span>
    );
  return (
    <span>
      {t("state.listed", { offered: state.offered })}
      {state.toLookAt > 0 && (
        <span className="ml-2 text-wait">{t("state.toLookAt", { count: state.toLookAt })}</span>
      )}
      {state.leftOut && (
        <span className="line-clamp-2 break-words text-wait text-xs" title={state.leftOut}>
          {state.leftOut}
        </span>
      )}
    </span>
  );
}

const LOOKS = {
  new: { icon: CircleDashed, look: "bg-sunken text-ink" },
  approved: { icon: CircleCheck, look: "bg-ok-soft text-ok" },
  changed: { icon: CircleAlert, look: "bg-wait-soft text-wait" },
};

/** Whether a tool may be called. */
export function StateOfTool({ state }: { state: ServerTool["state"] }) {
  const t = useTranslations("mcp");
  const { icon: Icon, look } = LOOKS[state];
  return (
    <span
      data-approval={state}
      className={`inline-flex items-center gap-1 rounded-full px-2 py-0.5 font-medium text-xs ${look}`}
    >
      <Icon size={13} aria-hidden />
      {t(`approval.${state}`)}
    </span>
  );
}

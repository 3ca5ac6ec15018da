"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { TriangleAlert } from "lucide-react";
import { useTranslations } from "next-intl";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { Failure } from "@/components/states";
import { say } from "@/components/toasts";
import { approveTools, SERVERS, type Server, type ServerTool } from "./api";

interface ApproveProps {
  server: Server;
  tools: ServerTool[];
  /** False takes the approval back. */
  approved: boolean;
  onClose: () => void;
}

/** Asks before tools may be called as they are shown, or no more. */
export function Approve({ server, tools, approved, onClose }: ApproveProps) {
  const t = useTranslations("mcp");
  const common = useTranslations("common");
  const queries = useQueryClient();
  const deciding = useMutation({
    mutationFn: () => approveTools(server.id, tools, approved),
    onSuccess: async () => {
      say(t(approved ? "approvedNow" : "revokedNow", { count: tools.length }));
      onClose();
    },
    // A tool that is another by now is to be looked at again.
    onSettled: () => queries.invalidateQueries({ queryKey: SERVERS }),
  });
  const name = tools[0]?.name ?? "";
  const title = tools.length === 1 ? "approveTitle" : "approveTitleAll";
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={approved ? t(title, { name, count: tools.length }) : t("revokeTitle", { name })}
    >
      {approved ? (
        <>
          <p className="flex gap-2 rounded-md bg-wait-soft px-3 py-2 text-wait">
            <TriangleAlert size={18} className="mt-0.5 shrink-0" aria-hidden />
            {t("approveWarning")}
          </p>
          <p className="mt-3 text-ink-soft">{t("approveText")}</p>
          <ul className="mt-2 list-disc pl-5 font-mono text-xs">
            {tools.map((tool) => (
              <li key={tool.name} className="break-all">
                {tool.name}
              </li>
            ))}
          </ul>
        </>
      ) : (
        <p className="text-ink-soft">{t("revokeText")}</p>
      )}
      {deciding.error && (
        <div className="mt-3">
          <Failure error={deciding.error} />
        </div>
      )}
      <div className="mt-5 flex justify-end gap-2">
        <Button onClick={onClose}>{common("cancel")}</Button>
        <Button
          look={approved ? "primary" : "danger"}
          busy={deciding.isPending}
          onClick={() => deciding.mutate()}
        >
          {t(approved ? "approve" : "revoke")}
        </Button>
      </div>
    </Dialog>
  );
}

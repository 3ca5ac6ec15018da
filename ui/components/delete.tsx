import { type QueryKey, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { Confirm } from "./dialog";
import { complain, say } from "./toasts";

interface DeleteProps {
  /** Where the messages are that ask for it and tell that it is done. */
  words:
    | "agents"
    | "mcp"
    | "notifications"
    | "secrets"
    | "settings"
    | "tools"
    | "triggers"
    | "users";
  name: string;
  /** What is read again afterwards, for a refusal can mean that it was outdated. */
  queryKey: QueryKey;
  remove: () => Promise<unknown>;
  onClose: () => void;
  /** Told why it is kept; without it a toast says so. */
  onRefused?: (error: unknown) => void;
  onDone?: () => void;
}

/** Asks whether something is to be deleted, and deletes it. */
export function Delete(props: DeleteProps) {
  const { words, name, queryKey, remove, onClose, onRefused = complain, onDone } = props;
  const t = useTranslations(words);
  const common = useTranslations("common");
  const queries = useQueryClient();
  async function discard(): Promise<void> {
    try {
      await remove();
      say(t("deleted", { name }));
      onDone?.();
    } catch (error) {
      onRefused(error);
    }
    await queries.invalidateQueries({ queryKey });
  }
  return (
    <Confirm
      open
      onOpenChange={onClose}
      title={t("deleteTitle", { name })}
      action={common("delete")}
      danger
      onConfirm={discard}
    >
      {t("deleteText")}
    </Confirm>
  );
}

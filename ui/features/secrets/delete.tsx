import { useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { Confirm } from "@/components/dialog";
import { complain, say } from "@/components/toasts";
import { deleteSecret, SECRETS, type Secret } from "./api";

interface DeleteProps {
  secret: Secret;
  onClose: () => void;
}

export function Delete({ secret, onClose }: DeleteProps) {
  const t = useTranslations("secrets");
  const common = useTranslations("common");
  const queries = useQueryClient();
  const { name } = secret;
  async function discard(): Promise<void> {
    try {
      await deleteSecret(secret);
      say(t("deleted", { name }));
    } catch (error) {
      complain(error);
    }
    await queries.invalidateQueries({ queryKey: SECRETS });
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

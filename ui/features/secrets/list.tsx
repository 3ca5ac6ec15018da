import { RefreshCw, Trash2 } from "lucide-react";
import { useTranslations } from "next-intl";
import { IconButton } from "@/components/button";
import { CopyButton } from "@/components/copy-button";
import { Table } from "@/components/table";
import { When } from "@/components/when";
import { useMayWrite } from "@/features/auth";
import { secretReference } from "@/lib/secret-text";
import type { Secret } from "./api";

type Ask = (asked: { what: "replace" | "delete"; secret: Secret }) => void;

export function SecretList({ secrets, onAsk }: { secrets: Secret[]; onAsk: Ask }) {
  const t = useTranslations("secrets");
  const head = [t("name"), t("description"), t("changed"), t("lastUsed")];
  return (
    <Table label={t("title")} head={head} actions={t("actions")}>
      {secrets.map((secret) => (
        <Row key={secret.name} secret={secret} onAsk={onAsk} />
      ))}
    </Table>
  );
}

function Row({ secret, onAsk }: { secret: Secret; onAsk: Ask }) {
  const t = useTranslations("secrets");
  const { name, description, updated_at, last_used_at } = secret;
  return (
    <tr>
      <td>
        <span className="flex items-center gap-1">
          <code className="break-all font-medium text-xs">{name}</code>
          <CopyButton label={t("copyOf", { name })} text={secretReference(name)} />
        </span>
      </td>
      <td className="w-full min-w-40 break-words text-ink-soft">{description}</td>
      <td>
        <When at={updated_at} />
      </td>
      <td className="whitespace-nowrap">
        {last_used_at ? (
          <When at={last_used_at} />
        ) : (
          <span className="text-ink-soft">{t("never")}</span>
        )}
      </td>
      <td>
        <RowActions secret={secret} onAsk={onAsk} />
      </td>
    </tr>
  );
}

function RowActions({ secret, onAsk }: { secret: Secret; onAsk: Ask }) {
  const t = useTranslations("secrets");
  const { name } = secret;
  if (!useMayWrite()) return null;
  return (
    <div className="flex justify-end">
      <IconButton
        label={t("replaceOf", { name })}
        onClick={() => onAsk({ what: "replace", secret })}
      >
        <RefreshCw size={16} />
      </IconButton>
      <IconButton label={t("deleteOf", { name })} onClick={() => onAsk({ what: "delete", secret })}>
        <Trash2 size={16} />
      </IconButton>
    </div>
  );
}

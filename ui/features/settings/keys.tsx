"use client";

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus, Trash2 } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { Button, IconButton } from "@/components/button";
import { Confirm } from "@/components/dialog";
import { Empty, Loaded } from "@/components/states";
import { Table } from "@/components/table";
import { complain, say } from "@/components/toasts";
import { When } from "@/components/when";
import { api, need, type Schemas } from "@/lib/api/client";
import { KEYS, NewKey } from "./new-key";

type Key = Schemas["ApiKeyOut"];

export function Keys() {
  const t = useTranslations("settings");
  const [creating, setCreating] = useState(false);
  const query = useQuery({
    queryKey: KEYS,
    queryFn: () => need(api.GET("/api/v1/auth/api-keys")),
    select: ({ items }) => items,
  });
  return (
    <section aria-labelledby="keys">
      <div className="mb-3 flex flex-wrap items-end justify-between gap-3">
        <div>
          <h2 id="keys" className="font-semibold text-base">
            {t("keys")}
          </h2>
          <p className="mt-1 text-ink-soft">
            {t.rich("keysLead", { code: (text) => <code className="text-xs">{text}</code> })}
          </p>
        </div>
        <Button look="primary" onClick={() => setCreating(true)}>
          <Plus size={16} aria-hidden />
          {t("newKey")}
        </Button>
      </div>
      <Loaded query={query}>{(keys) => <List keys={keys} />}</Loaded>
      {creating && <NewKey onClose={() => setCreating(false)} />}
    </section>
  );
}

function List({ keys }: { keys: Key[] }) {
  const t = useTranslations("settings");
  const [doomed, setDoomed] = useState<Key | null>(null);
  const head = [
    t("name"),
    t("prefix"),
    t("scopes"),
    t("expires"),
    t("lastUsed"),
    t("created"),
    <span key="actions" className="sr-only">
      {t("actions")}
    </span>,
  ];
  if (keys.length === 0) return <Empty title={t("noKeys")}>{t("noKeysHint")}</Empty>;
  return (
    <>
      <Table label={t("keys")} head={head}>
        {keys.map((key) => (
          <Row key={key.id} apiKey={key} onDelete={() => setDoomed(key)} />
        ))}
      </Table>
      {doomed && <Delete apiKey={doomed} onClose={() => setDoomed(null)} />}
    </>
  );
}

function Row({ apiKey, onDelete }: { apiKey: Key; onDelete: () => void }) {
  const t = useTranslations("settings");
  return (
    <tr>
      <td className="font-medium">{apiKey.name}</td>
      <td>
        <code className="text-xs">{apiKey.prefix}…</code>
      </td>
      <td className="whitespace-nowrap">
        {apiKey.scopes.map((scope) => t(`scope.${scope}`)).join(", ")}
      </td>
      <td>
        <Expiry at={apiKey.expires_at} />
      </td>
      <td>
        <When at={apiKey.last_used_at} />
      </td>
      <td>
        <When at={apiKey.created_at} />
      </td>
      <td className="text-right">
        <IconButton label={t("deleteOf", { name: apiKey.name })} onClick={onDelete}>
          <Trash2 size={16} />
        </IconButton>
      </td>
    </tr>
  );
}

function Expiry({ at }: { at: string | null }) {
  const t = useTranslations("settings");
  if (!at) return t("never");
  const over = Date.parse(at) <= Date.now();
  return (
    <span className={over ? "text-bad" : ""}>
      {over && `${t("expired")} `}
      <When at={at} />
    </span>
  );
}

function Delete({ apiKey, onClose }: { apiKey: Key; onClose: () => void }) {
  const t = useTranslations("settings");
  const common = useTranslations("common");
  const queries = useQueryClient();
  async function discard(): Promise<void> {
    try {
      await need(
        api.DELETE("/api/v1/auth/api-keys/{key_id}", { params: { path: { key_id: apiKey.id } } }),
      );
      say(t("deleted", { name: apiKey.name }));
    } catch (error) {
      complain(error);
    }
    await queries.invalidateQueries({ queryKey: KEYS });
  }
  return (
    <Confirm
      open
      onOpenChange={onClose}
      title={t("deleteTitle", { name: apiKey.name })}
      action={common("delete")}
      danger
      onConfirm={discard}
    >
      {t("deleteText")}
    </Confirm>
  );
}

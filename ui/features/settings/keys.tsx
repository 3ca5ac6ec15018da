"use client";

import { useQuery } from "@tanstack/react-query";
import { Plus, Trash2 } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { Button, IconButton } from "@/components/button";
import { Delete } from "@/components/delete";
import { Empty, Loaded } from "@/components/states";
import { Table } from "@/components/table";
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
  const head = [t("name"), t("prefix"), t("scopes"), t("expires"), t("lastUsed"), t("created")];
  if (keys.length === 0) return <Empty title={t("noKeys")}>{t("noKeysHint")}</Empty>;
  return (
    <>
      <Table label={t("keys")} head={head} actions={t("actions")}>
        {keys.map((key) => (
          <Row key={key.id} apiKey={key} onDelete={() => setDoomed(key)} />
        ))}
      </Table>
      {doomed && (
        <Delete
          words="settings"
          name={doomed.name}
          queryKey={KEYS}
          remove={() => discard(doomed)}
          onClose={() => setDoomed(null)}
        />
      )}
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

function discard({ id }: Key): Promise<unknown> {
  return need(api.DELETE("/api/v1/auth/api-keys/{key_id}", { params: { path: { key_id: id } } }));
}

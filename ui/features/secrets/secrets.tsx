"use client";

import { EllipsisVertical, Plus } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { Button, IconButton } from "@/components/button";
import { Delete } from "@/components/delete";
import { LoadMore } from "@/components/load-more";
import { Menu, MenuItem } from "@/components/menu";
import { Empty, Loaded } from "@/components/states";
import { useMayWrite } from "@/features/auth";
import { Page } from "@/features/shell";
import { useSession } from "@/lib/api/session";
import { secretReference } from "@/lib/secret-text";
import { deleteSecret, SECRETS, type Secret, useSecrets } from "./api";
import { SecretList } from "./list";
import { Rotate } from "./rotate";
import { SecretForm } from "./secret-form";

export type Asked = { what: "create" | "rotate" } | { what: "replace" | "delete"; secret: Secret };

/** The room of values that tools use and nobody reads. */
export function Secrets() {
  const t = useTranslations("secrets");
  const [asked, setAsked] = useState<Asked | null>(null);
  const query = useSecrets();
  return (
    <Page title={t("title")} lead={t("lead")} actions={<Actions onAsk={setAsked} />}>
      <Loaded query={query}>
        {(secrets) =>
          secrets.length > 0 ? (
            <SecretList secrets={secrets} onAsk={setAsked} />
          ) : (
            <Empty title={t("empty")}>
              <p className="mx-auto max-w-prose">{t("emptyText")}</p>
              <p className="mt-2">
                {t.rich("emptyUse", {
                  reference: () => <code className="text-xs">{secretReference("NAME")}</code>,
                })}
              </p>
            </Empty>
          )
        }
      </Loaded>
      <LoadMore query={query} />
      <Asking asked={asked} known={query.data ?? []} onClose={() => setAsked(null)} />
    </Page>
  );
}

function Actions({ onAsk }: { onAsk: (asked: Asked) => void }) {
  const t = useTranslations("secrets");
  const mayWrite = useMayWrite();
  const admin = useSession((state) => state.user?.role === "admin");
  const more = (
    <IconButton label={t("more")}>
      <EllipsisVertical size={16} />
    </IconButton>
  );
  return (
    <>
      {mayWrite && (
        <Button look="primary" onClick={() => onAsk({ what: "create" })}>
          <Plus size={16} aria-hidden />
          {t("new")}
        </Button>
      )}
      {admin && (
        <Menu trigger={more}>
          <MenuItem onSelect={() => onAsk({ what: "rotate" })}>{t("rotate")}</MenuItem>
        </Menu>
      )}
    </>
  );
}

interface AskingProps {
  asked: Asked | null;
  known: Secret[];
  onClose: () => void;
}

function Asking({ asked, known, onClose }: AskingProps) {
  switch (asked?.what) {
    case "create":
      return <SecretForm secret={null} known={known} onClose={onClose} />;
    case "replace":
      return <SecretForm secret={asked.secret} known={known} onClose={onClose} />;
    case "delete":
      return (
        <Delete
          words="secrets"
          name={asked.secret.name}
          queryKey={SECRETS}
          remove={() => deleteSecret(asked.secret)}
          onClose={onClose}
        />
      );
    case "rotate":
      return <Rotate onClose={onClose} />;
    default:
      return null;
  }
}

"use client";

import { Plus } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { Button } from "@/components/button";
import { LoadMore } from "@/components/load-more";
import { Empty, Loaded } from "@/components/states";
import { Table } from "@/components/table";
import { Page } from "@/features/shell";
import { useSession } from "@/lib/api/session";
import { useUsers } from "./api";
import { Create } from "./create";
import { Row } from "./row";

export function Users() {
  const t = useTranslations("users");
  const admin = useSession((state) => state.user?.role === "admin");
  const [creating, setCreating] = useState(false);
  const query = useUsers(admin);
  if (!admin) {
    return (
      <Page title={t("title")}>
        <Empty title={t("adminsOnly")}>{t("adminsOnlyHint")}</Empty>
      </Page>
    );
  }
  const create = (
    <Button look="primary" onClick={() => setCreating(true)}>
      <Plus size={16} aria-hidden />
      {t("new")}
    </Button>
  );
  const head = [t("account"), t("role"), t("active"), t("created")];
  return (
    <Page title={t("title")} lead={t("lead")} actions={create}>
      <Loaded query={query}>
        {(users) => (
          <Table label={t("title")} head={head} actions={t("actions")}>
            {users.map((user) => (
              <Row key={user.id} user={user} />
            ))}
          </Table>
        )}
      </Loaded>
      <LoadMore query={query} />
      {creating && <Create onClose={() => setCreating(false)} />}
    </Page>
  );
}

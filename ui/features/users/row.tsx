"use client";

import { KeyRound, Trash2 } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { IconButton } from "@/components/button";
import { Delete } from "@/components/delete";
import { When } from "@/components/when";
import { useSession } from "@/lib/api/session";
import { type Account, deleteUser, USERS, useChange } from "./api";
import { NewPassword } from "./new-password";
import { RoleSelect } from "./role-select";

export function Row({ user }: { user: Account }) {
  const t = useTranslations("users");
  const me = useSession((state) => state.user?.id === user.id);
  const change = useChange(user);
  // Until the list is read again, what was just chosen.
  const shown = change.isPending ? { ...user, ...defined(change.variables) } : user;
  return (
    <tr>
      <td>
        <p className="font-medium">
          {user.display_name}
          {me && <span className="ml-2 font-normal text-ink-soft text-xs">{t("you")}</span>}
        </p>
        <p className="text-ink-soft text-xs">{user.email}</p>
      </td>
      <td>
        <RoleSelect
          className="min-w-28"
          aria-label={t("roleOf", { name: user.display_name })}
          value={shown.role}
          // Nobody locks himself out by mistake.
          disabled={me || change.isPending}
          onRole={(role) => change.mutate({ role })}
        />
      </td>
      <td>
        <input
          type="checkbox"
          className="accent-accent"
          aria-label={t("activeOf", { name: user.display_name })}
          checked={shown.is_active}
          disabled={me || change.isPending}
          onChange={(event) => change.mutate({ is_active: event.target.checked })}
        />
      </td>
      <td>
        <When at={user.created_at} />
      </td>
      <td>
        <RowActions user={user} me={me} />
      </td>
    </tr>
  );
}

function defined({
  role,
  is_active,
}: {
  role?: Account["role"] | null;
  is_active?: boolean | null;
}) {
  return { ...(role && { role }), ...(is_active != null && { is_active }) };
}

function RowActions({ user, me }: { user: Account; me: boolean }) {
  const t = useTranslations("users");
  const [asked, setAsked] = useState<"password" | "delete" | null>(null);
  const close = () => setAsked(null);
  const name = user.display_name;
  return (
    <div className="flex justify-end">
      <IconButton label={t("passwordOf", { name })} onClick={() => setAsked("password")}>
        <KeyRound size={16} />
      </IconButton>
      <IconButton label={t("deleteOf", { name })} disabled={me} onClick={() => setAsked("delete")}>
        <Trash2 size={16} />
      </IconButton>
      {asked === "password" && <NewPassword user={user} onClose={close} />}
      {asked === "delete" && (
        <Delete
          words="users"
          name={name}
          queryKey={USERS}
          remove={() => deleteUser(user.id)}
          onClose={close}
        />
      )}
    </div>
  );
}

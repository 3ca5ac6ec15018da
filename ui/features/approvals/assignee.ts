import { useTranslations } from "next-intl";
import type { Schemas } from "@/lib/api/client";

const ROLES = ["admin", "editor", "viewer"] as const satisfies Schemas["Role"][];
const PREFIX = "role:";

/** How everybody with a role is named among assignees. */
export const ROLE_ASSIGNEES: readonly string[] = ROLES.map((role) => PREFIX + role);

/** What an assignee is called: a role in words, an address as it is. */
export function useAssigneeName(): (assignee: string) => string {
  const t = useTranslations("approvals");
  return (assignee) => {
    const role = ROLES.find((each) => PREFIX + each === assignee);
    return role ? t(`roles.${role}`) : assignee;
  };
}

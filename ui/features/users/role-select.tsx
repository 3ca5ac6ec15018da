"use client";

import { useTranslations } from "next-intl";
import type { SelectHTMLAttributes } from "react";
import { Select } from "@/components/field";
import { ROLES, type Role } from "./api";

interface RoleSelectProps extends Omit<SelectHTMLAttributes<HTMLSelectElement>, "onChange"> {
  value: Role;
  onRole: (role: Role) => void;
}

export function RoleSelect({ value, onRole, ...rest }: RoleSelectProps) {
  const t = useTranslations("users");
  return (
    <Select value={value} onChange={(event) => onRole(event.target.value as Role)} {...rest}>
      {ROLES.map((role) => (
        <option key={role} value={role}>
          {t(`roles.${role}`)}
        </option>
      ))}
    </Select>
  );
}

import { KeyRound } from "lucide-react";
import { useTranslations } from "next-intl";
import { IconButton } from "@/components/button";
import { Menu, MenuItem } from "@/components/menu";

interface InsertSecretProps {
  /** The field that it is put into. */
  label: string;
  names: readonly string[];
  onInsert: (name: string) => void;
}

/** Secrets to choose from, beside a field that may name one. */
export function InsertSecret({ label, names, onInsert }: InsertSecretProps) {
  const t = useTranslations("secrets");
  if (names.length === 0) return null;
  return (
    <Menu
      trigger={
        <IconButton label={t("insert", { field: label })}>
          <KeyRound size={14} />
        </IconButton>
      }
    >
      {names.map((name) => (
        <MenuItem key={name} onSelect={() => onInsert(name)}>
          <code className="text-xs">{name}</code>
        </MenuItem>
      ))}
    </Menu>
  );
}

"use client";

import { Copy } from "lucide-react";
import { useTranslations } from "next-intl";
import { Button, IconButton } from "./button";
import { say } from "./toasts";

interface CopyButtonProps {
  text: string;
  /** What is copied, for an icon alone; shown beside it when `wide`. */
  label: string;
  wide?: boolean;
}

export function CopyButton({ text, label, wide = false }: CopyButtonProps) {
  const t = useTranslations("common");
  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
      say(t("copied"));
    } catch {
      // Pages that are not served over HTTPS have no clipboard.
      say(t("copyByHand", { text }), true);
    }
  }
  if (!wide)
    return (
      <IconButton label={label} onClick={() => void copy()}>
        <Copy size={15} />
      </IconButton>
    );
  return (
    <Button onClick={() => void copy()}>
      <Copy size={15} aria-hidden />
      {label}
    </Button>
  );
}

"use client";

import { useMutation } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { api, need } from "@/lib/api/client";
import { editPath } from "./actions";
import { NameDialog } from "./name-dialog";

export function Create({ onClose }: { onClose: () => void }) {
  const t = useTranslations("workflows");
  const router = useRouter();
  const making = useMutation({
    mutationFn: (name: string) => need(api.POST("/api/v1/workflows", { body: { name } })),
    onSuccess: ({ id }) => router.push(editPath(id)),
  });
  return (
    <NameDialog
      title={t("new")}
      action={t("create")}
      // Busy until the designer is there.
      busy={making.isPending || making.isSuccess}
      error={making.error}
      onName={making.mutate}
      onClose={onClose}
    />
  );
}

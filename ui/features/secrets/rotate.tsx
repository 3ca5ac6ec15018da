import { useMutation } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { Failure } from "@/components/states";
import { rotateSecrets } from "./api";

/** Puts everybody's secrets under the server's newest key, and says how many that were. */
export function Rotate({ onClose }: { onClose: () => void }) {
  const t = useTranslations("secrets");
  const common = useTranslations("common");
  const rotating = useMutation({ mutationFn: rotateSecrets });
  const done = rotating.data;
  return (
    <Dialog open onOpenChange={onClose} title={t("rotateTitle")}>
      <p className="text-ink-soft">{t("rotateText")}</p>
      <div aria-live="polite" className="mt-3">
        {rotating.error && <Failure error={rotating.error} />}
        {done && (
          <p className="break-words rounded-md bg-ok-soft px-3 py-2 text-ok">
            {t("rotated", { count: done.rotated, key: done.key_id })}
          </p>
        )}
      </div>
      <div className="mt-5 flex justify-end gap-2">
        <Button look={done ? "primary" : "plain"} onClick={onClose}>
          {done ? common("close") : common("cancel")}
        </Button>
        {!done && (
          <Button look="primary" busy={rotating.isPending} onClick={() => rotating.mutate()}>
            {t("rotateNow")}
          </Button>
        )}
      </div>
    </Dialog>
  );
}

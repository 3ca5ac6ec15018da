import { CornerDownRight } from "lucide-react";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { Button } from "@/components/button";
import type { JsonObject } from "@/features/graph";
import { sameJson } from "@/lib/same-json";
import type { InputSchema } from "./editor";

interface SchemaOfferProps {
  offered: JsonObject;
  input: InputSchema;
  children: ReactNode;
}

/** Inputs that the configuration tells of itself, to take as the tool's. */
export function SchemaOffer({ offered, input, children }: SchemaOfferProps) {
  const t = useTranslations("editors");
  const taken = sameJson(offered, input.schema);
  return (
    <div className="mb-3 flex flex-wrap items-center justify-between gap-2 rounded-md bg-sunken px-3 py-2">
      <div className="min-w-0 text-xs">{children}</div>
      <Button disabled={taken} onClick={() => input.onTake(offered)}>
        <CornerDownRight size={14} aria-hidden />
        {t(taken ? "schemaTaken" : "schemaTake")}
      </Button>
    </div>
  );
}

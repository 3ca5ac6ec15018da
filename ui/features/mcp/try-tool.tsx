"use client";

import { useTranslations } from "next-intl";
import { Dialog } from "@/components/dialog";
import type { Schema } from "@/features/forms";
import { Trial, trySpec } from "@/features/trial";
import type { Server, ServerTool } from "./api";

interface TryToolProps {
  server: Server;
  tool: ServerTool;
  onClose: () => void;
}

/** Calls an approved tool once, without registering it. */
export function TryTool({ server, tool, onClose }: TryToolProps) {
  const t = useTranslations("mcp");
  const config = { kind: "mcp", server: server.name, tool: tool.name };
  return (
    <Dialog
      open
      wide
      onOpenChange={onClose}
      title={t("tryOf", { name: tool.name })}
      description={t("tryLead")}
    >
      <Trial
        schema={tool.input_schema as unknown as Schema}
        run={(attempt) => trySpec({ config, input_schema: null, output_schema: null }, attempt)}
      />
    </Dialog>
  );
}

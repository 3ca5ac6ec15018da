import type { Schemas } from "@/lib/api/client";
import { isObject } from "@/lib/json-object";
import type { Channel, Notification, Occasion } from "./api";

/** A notification while it is edited, with what every channel may need. */
export interface Draft {
  name: string;
  channel: Channel;
  workflowId: string;
  occasions: Occasion[];
  active: boolean;
  url: string;
  secret: string;
  to: string;
}

export const BLANK: Draft = {
  name: "",
  channel: "webhook",
  workflowId: "",
  occasions: ["failed"],
  active: true,
  url: "",
  secret: "",
  to: "",
};

export function draftOf(stored: Notification): Draft {
  const config: Record<string, unknown> = isObject(stored.config) ? stored.config : {};
  return {
    name: stored.name,
    channel: stored.channel,
    workflowId: stored.workflow_id ?? "",
    occasions: stored.occasions,
    active: stored.is_active,
    url: typeof config.url === "string" ? config.url : "",
    secret: typeof config.secret === "string" ? config.secret : "",
    to: Array.isArray(config.to) ? config.to.join(", ") : "",
  };
}

/** What the server is sent: of the configuration only what the channel has. */
export function bodyOf(draft: Draft): Schemas["NewNotification"] {
  return {
    name: draft.name.trim(),
    channel: draft.channel,
    workflow_id: draft.workflowId || null,
    occasions: draft.occasions,
    is_active: draft.active,
    config: configOf(draft),
  };
}

function configOf({ channel, url, secret, to }: Draft): Schemas["NewNotification"]["config"] {
  if (channel === "email") return { to: addressesIn(to) };
  if (channel === "webhook") return { url: url.trim(), secret: secret || null };
  return { url: url.trim() };
}

/** The addresses of a text, with commas, semicolons or blanks between them. */
export function addressesIn(text: string): string[] {
  return text.split(/[\s,;]+/).filter(Boolean);
}

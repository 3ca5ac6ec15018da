"use client";

import { Opened, type RoomProps, useAsked } from "@/features/registry";
import type { Agent } from "./api";
import { type Draft, emptyDraft } from "./draft";
import { REGISTRY } from "./registry";
import { Room } from "./room";

/** The room of one agent: a stored one by `?id=`, one like another by `?copy=`, else a new one. */
export function AgentEdit() {
  const [asked, keep] = useAsked("agents", ["id", "copy"]);
  return <Asked key={asked} asked={new URLSearchParams(asked)} onMade={keep} />;
}

interface AskedProps extends Pick<RoomProps<Agent, Draft>, "onMade"> {
  asked: URLSearchParams;
}

function Asked({ asked, onMade }: AskedProps) {
  const id = asked.get("id");
  const known = id || asked.get("copy");
  if (!known) return <Room stored={null} first={emptyDraft()} onMade={onMade} />;
  return (
    <Opened registry={REGISTRY} id={known} copied={!id}>
      {(stored, first) => <Room stored={stored} first={first} onMade={onMade} />}
    </Opened>
  );
}

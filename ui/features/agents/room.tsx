"use client";

import { useTranslations } from "next-intl";
import { ToolScope } from "@/features/forms";
import { RoomPage, type RoomProps, useRoom } from "@/features/registry";
import { About } from "./about";
import type { Agent } from "./api";
import { ChatPanel } from "./chat/panel";
import type { Draft } from "./draft";
import { REGISTRY } from "./registry";
import { Sections } from "./sections";

// What the templates of a registered agent can read.
const INPUTS = { prompt: "" };

/** An agent's editor, and beside it the place to talk to it. */
export function Room(props: RoomProps<Agent, Draft>) {
  const t = useTranslations("agents");
  const room = useRoom(REGISTRY, props);
  const { draft, change } = room;
  return (
    <RoomPage
      room={room}
      newTitle={t("newTitle")}
      columns="lg:grid-cols-[minmax(0,1fr)_minmax(0,1fr)]"
      aside={<ChatPanel agent={room.stored} dirty={room.dirty} />}
    >
      <About draft={draft} onChange={change} />
      <ToolScope inputs={INPUTS}>
        <Sections draft={draft} onChange={change} />
      </ToolScope>
    </RoomPage>
  );
}

"use client";

import { useTranslations } from "next-intl";
import { useState } from "react";
import { ToolScope } from "@/features/forms";
import type { JsonObject } from "@/features/graph";
import { RoomPage, type RoomProps, useRoom } from "@/features/registry";
import { About } from "./about";
import type { Tool } from "./api";
import type { Draft } from "./draft";
import { REGISTRY } from "./registry";
import { Sections } from "./sections";
import { ToolTrial } from "./tool-trial";

/** A tool's editor, and beside it the place to try it. */
export function Room(props: RoomProps<Tool, Draft>) {
  const t = useTranslations("tools");
  const room = useRoom(REGISTRY, props);
  const { draft, stored } = room;
  const [inputs, setInputs] = useState<JsonObject>();
  const [badLine, setBadLine] = useState<number>();
  function change(part: Partial<Draft>): void {
    setBadLine(undefined);
    room.change(part);
  }
  return (
    <RoomPage
      room={room}
      newTitle={t("newOf", { kind: t(`kinds.${draft.kind}`) })}
      columns="lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]"
      aside={
        <ToolTrial draft={draft} stored={stored} onInputs={setInputs} onBadLine={setBadLine} />
      }
    >
      <About draft={draft} onChange={change} />
      <ToolScope inputs={inputs}>
        <Sections draft={draft} onChange={change} badLine={badLine} />
      </ToolScope>
    </RoomPage>
  );
}

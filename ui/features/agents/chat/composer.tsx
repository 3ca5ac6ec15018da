"use client";

import { CircleStop, DoorClosed, SendHorizontal } from "lucide-react";
import { useTranslations } from "next-intl";
import { type FormEvent, type KeyboardEvent, useId, useRef } from "react";
import { Button } from "@/components/button";
import { TextArea } from "@/components/field";

const LONGEST_MESSAGE = 64 * 1024;

interface ComposerProps {
  text: string;
  onText: (text: string) => void;
  busy: boolean;
  /** The conversation is over: what is sent begins another. */
  ended: boolean;
  onSend: () => void;
  /** Null while nothing is to be stopped. */
  onStop: (() => void) | null;
  /** Null while the conversation cannot be ended. */
  onClose: (() => void) | null;
}

/** Where messages are written: Enter sends, Shift+Enter begins a line. */
export function Composer({ text, onText, busy, ended, onSend, onStop, onClose }: ComposerProps) {
  const t = useTranslations("agents.chat");
  const id = useId();
  const box = useRef<HTMLFormElement>(null);
  const ready = text.trim() !== "" && !busy;
  function submit(event: FormEvent): void {
    event.preventDefault();
    if (ready) onSend();
  }
  function press(event: KeyboardEvent): void {
    // The Enter that ends a syllable of Korean is the input method's.
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    box.current?.requestSubmit();
  }
  return (
    <form ref={box} onSubmit={submit} className="mt-3 border-line border-t pt-3">
      {ended && <p className="mb-2 text-ink-soft text-xs">{t("ended")}</p>}
      <label htmlFor={id} className="sr-only">
        {t("message")}
      </label>
      <TextArea
        id={id}
        aria-describedby={`${id}-keys`}
        rows={2}
        maxLength={LONGEST_MESSAGE}
        placeholder={t("placeholder")}
        value={text}
        onChange={(event) => onText(event.target.value)}
        onKeyDown={press}
      />
      <div className="mt-2 flex flex-wrap items-center justify-end gap-2">
        <p id={`${id}-keys`} className="mr-auto text-ink-soft text-xs">
          {t("keys")}
        </p>
        {onClose && (
          <Button look="quiet" onClick={onClose}>
            <DoorClosed size={15} aria-hidden />
            {t("close")}
          </Button>
        )}
        {onStop && (
          <Button look="danger" onClick={onStop}>
            <CircleStop size={15} aria-hidden />
            {t("stop")}
          </Button>
        )}
        <Button type="submit" look="primary" busy={busy} disabled={!ready}>
          {!busy && <SendHorizontal size={15} aria-hidden />}
          {t("send")}
        </Button>
      </div>
    </form>
  );
}

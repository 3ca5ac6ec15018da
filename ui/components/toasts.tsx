"use client";

import { X } from "lucide-react";
import { useTranslations } from "next-intl";
import { Toast } from "radix-ui";
import { create } from "zustand";
import { Problem } from "@/lib/api/problem";

interface Note {
  id: number;
  text: string;
  bad: boolean;
}

const useNotes = create<{ notes: Note[] }>(() => ({ notes: [] }));
let last = 0;

export function say(text: string, bad = false): void {
  last += 1;
  const note = { id: last, text, bad };
  useNotes.setState(({ notes }) => ({ notes: [...notes.slice(-3), note] }));
}

/** Tell of a failed action. */
export function complain(error: unknown): void {
  const items = error instanceof Problem ? error.items : [];
  const more = items.length > 0 ? ` ${items.map((item) => item.message).join(" ")}` : "";
  say(`${error instanceof Error ? error.message : String(error)}${more}`, true);
}

function drop(id: number): void {
  useNotes.setState(({ notes }) => ({ notes: notes.filter((note) => note.id !== id) }));
}

export function Toasts() {
  const t = useTranslations("common");
  const notes = useNotes((state) => state.notes);
  return (
    <>
      {notes.map((note) => (
        <Toast.Root
          key={note.id}
          type={note.bad ? "foreground" : "background"}
          duration={note.bad ? 12_000 : 4_000}
          onOpenChange={(open) => !open && drop(note.id)}
          className={`flex items-start gap-2 rounded-lg border px-4 py-3 shadow-xl ${note.bad ? "border-bad bg-bad-soft text-bad" : "border-line bg-raised"}`}
        >
          <Toast.Description className="min-w-0 flex-1 break-words">{note.text}</Toast.Description>
          <Toast.Close aria-label={t("close")}>
            <X size={16} aria-hidden />
          </Toast.Close>
        </Toast.Root>
      ))}
      <Toast.Viewport className="fixed right-4 bottom-4 z-[60] flex w-96 max-w-[calc(100vw-2rem)] flex-col gap-2" />
    </>
  );
}

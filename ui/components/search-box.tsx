"use client";

import { Search } from "lucide-react";
import { useTranslations } from "next-intl";
import { useEffect, useRef, useState } from "react";
import { Field, Input } from "./field";

const PAUSE_MS = 250;

interface SearchBoxProps {
  value: string;
  onSearch: (text: string) => void;
  hint?: string | undefined;
}

/** A search text that is told once typing pauses. */
export function SearchBox({ value, onSearch, hint }: SearchBoxProps) {
  const t = useTranslations("common");
  const [text, setText] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const told = useRef(value);
  const tell = useRef(onSearch);
  useEffect(() => {
    tell.current = onSearch;
  }, [onSearch]);
  useEffect(() => {
    // What comes back of our own telling is older than what is typed now.
    if (value !== told.current) setText(value);
    told.current = value;
  }, [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  function type(next: string): void {
    setText(next);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      told.current = next.trim();
      tell.current(told.current);
    }, PAUSE_MS);
  }
  return (
    <Field label={t("search")}>
      {({ id }) => (
        <div className="relative">
          <Search
            size={15}
            className="pointer-events-none absolute top-2 left-2.5 text-ink-soft"
            aria-hidden
          />
          <Input
            id={id}
            type="search"
            maxLength={200}
            className="pl-8"
            value={text}
            placeholder={hint}
            onChange={(event) => type(event.target.value)}
          />
        </div>
      )}
    </Field>
  );
}

import { useState } from "react";
import { Field, Input } from "@/components/field";
import type { Json } from "@/features/graph";
import { sameJson } from "@/lib/same-json";

interface WordsFieldProps {
  label: string;
  hint?: string | undefined;
  placeholder?: string;
  /** Whether the words are whole numbers. */
  numeric?: boolean;
  value: Json | undefined;
  onChange: (value: Json | undefined) => void;
}

/** A short list, written with commas or blanks between; nothing leaves it to the default. */
export function WordsField({
  label,
  hint,
  placeholder,
  numeric = false,
  value,
  onChange,
}: WordsFieldProps) {
  const [text, setText] = useState(() => written(value));
  const [told, setTold] = useState(value);
  if (!sameJson(told, value)) {
    setTold(value);
    setText(written(value));
  }
  function write(next: string): void {
    const read = wordsIn(next, numeric);
    setText(next);
    setTold(read);
    onChange(read);
  }
  return (
    <Field label={label} hint={hint}>
      {({ id, describedBy }) => (
        <Input
          id={id}
          aria-describedby={describedBy}
          placeholder={placeholder}
          spellCheck={false}
          value={text}
          onChange={(event) => write(event.target.value)}
        />
      )}
    </Field>
  );
}

function written(value: Json | undefined): string {
  return Array.isArray(value) ? value.join(", ") : "";
}

/** The words of a text; what should be a number and is none stays a word, for the server to refuse. */
export function wordsIn(text: string, numeric: boolean): (string | number)[] | undefined {
  const words = text.split(/[\s,]+/).filter(Boolean);
  if (words.length === 0) return undefined;
  return words.map((word) => (numeric && /^-?\d+$/.test(word) ? Number(word) : word));
}

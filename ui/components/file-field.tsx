import type { ChangeEvent } from "react";
import { Field } from "./field";

interface FileFieldProps {
  label: string;
  hint: string;
  /** The files that can be chosen, as an `accept` attribute says it. */
  accept: string;
  onFile: (file: File) => void;
}

/** Gives the file that is chosen, and forgets it. */
export function FileField({ label, hint, accept, onFile }: FileFieldProps) {
  function read(event: ChangeEvent<HTMLInputElement>): void {
    const file = event.target.files?.[0];
    if (file) onFile(file);
    // Choosing the same file again, once it is corrected, is a change too.
    event.target.value = "";
  }
  return (
    <Field label={label} hint={hint}>
      {({ id, describedBy }) => (
        <input
          id={id}
          type="file"
          accept={accept}
          aria-describedby={describedBy}
          onChange={read}
          className="block w-full text-ink-soft text-xs file:mr-3 file:h-8 file:rounded-md file:border file:border-line file:bg-surface file:px-3 file:font-medium file:text-ink"
        />
      )}
    </Field>
  );
}

import { type InputHTMLAttributes, type ReactNode, type SelectHTMLAttributes, useId } from "react";

const BOX =
  "w-full rounded-md border border-line bg-surface px-2.5 text-ink placeholder:text-ink-soft/70 aria-invalid:border-bad disabled:opacity-60";

interface FieldProps {
  label: string;
  hint?: string | undefined;
  error?: string | undefined;
  required?: boolean;
  aside?: ReactNode;
  children: (ids: { id: string; describedBy: string | undefined; invalid: boolean }) => ReactNode;
}

/** A labelled control with its hint and its error. */
export function Field({ label, hint, error, required, aside, children }: FieldProps) {
  const id = useId();
  const describedBy = error || hint ? `${id}-about` : undefined;
  return (
    <div className="mb-3">
      <div className="mb-1 flex items-center justify-between gap-2">
        <label htmlFor={id} className="font-medium text-[13px]">
          {label}
          {required && (
            <span className="text-bad" aria-hidden>
              {" *"}
            </span>
          )}
        </label>
        {aside}
      </div>
      {children({ id, describedBy, invalid: Boolean(error) })}
      {(error || hint) && (
        <p
          id={describedBy}
          role={error ? "alert" : undefined}
          className={`mt-1 text-xs ${error ? "text-bad" : "text-ink-soft"}`}
        >
          {error ?? hint}
        </p>
      )}
    </div>
  );
}

interface TextFieldProps extends InputHTMLAttributes<HTMLInputElement> {
  label: string;
  hint?: string | undefined;
  error?: string | undefined;
}

export function TextField({ label, hint, error, ...rest }: TextFieldProps) {
  return (
    <Field label={label} hint={hint} error={error} required={rest.required ?? false}>
      {({ id, describedBy, invalid }) => (
        <Input
          id={id}
          aria-describedby={describedBy}
          aria-invalid={invalid || undefined}
          {...rest}
        />
      )}
    </Field>
  );
}

export function Input({ className = "", ...rest }: InputHTMLAttributes<HTMLInputElement>) {
  return <input className={`${BOX} h-8 ${className}`} {...rest} />;
}

export function Select({ className = "", ...rest }: SelectHTMLAttributes<HTMLSelectElement>) {
  return <select className={`${BOX} h-8 ${className}`} {...rest} />;
}

export function TextArea({
  className = "",
  ...rest
}: React.TextareaHTMLAttributes<HTMLTextAreaElement>) {
  return <textarea className={`${BOX} min-h-16 py-1.5 ${className}`} {...rest} />;
}

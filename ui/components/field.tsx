import {
  type InputHTMLAttributes,
  type ReactNode,
  type SelectHTMLAttributes,
  type TextareaHTMLAttributes,
  useId,
} from "react";

const BOX =
  "w-full rounded-md border border-line bg-surface px-2.5 text-ink placeholder:text-ink-soft/70 aria-invalid:border-bad disabled:opacity-60";

interface FieldProps {
  label: string;
  hint?: string | undefined;
  error?: string | undefined;
  required?: boolean;
  aside?: ReactNode;
  children: (ids: Ids) => ReactNode;
}

interface Ids {
  id: string;
  describedBy: string | undefined;
  invalid: boolean;
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

interface Told {
  label: string;
  hint?: string | undefined;
  error?: string | undefined;
}

type InputProps = InputHTMLAttributes<HTMLInputElement>;
type SelectProps = SelectHTMLAttributes<HTMLSelectElement>;
type TextAreaProps = TextareaHTMLAttributes<HTMLTextAreaElement>;

export function TextField({ label, hint, error, ...rest }: Told & InputProps) {
  return (
    <Field label={label} hint={hint} error={error} required={rest.required ?? false}>
      {(ids) => <Input {...told(ids)} {...rest} />}
    </Field>
  );
}

export function TextAreaField({ label, hint, error, ...rest }: Told & TextAreaProps) {
  return (
    <Field label={label} hint={hint} error={error} required={rest.required ?? false}>
      {(ids) => <TextArea {...told(ids)} {...rest} />}
    </Field>
  );
}

export function SelectField({ label, hint, ...rest }: Omit<Told, "error"> & SelectProps) {
  return (
    <Field label={label} hint={hint}>
      {(ids) => <Select {...told(ids)} {...rest} />}
    </Field>
  );
}

/** A control's own account of its label, its hint and its error. */
function told({ id, describedBy, invalid }: Ids) {
  return { id, "aria-describedby": describedBy, "aria-invalid": invalid || undefined };
}

interface CheckFieldProps {
  label: ReactNode;
  hint: string;
  className?: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
}

/** A choice between yes and no, with its hint. */
export function CheckField(props: CheckFieldProps) {
  const { label, hint, className = "mb-3", checked, onChange } = props;
  return (
    <label className={`flex items-start gap-2 ${className}`}>
      <input
        type="checkbox"
        className="mt-0.5 accent-accent"
        checked={checked}
        onChange={(event) => onChange(event.target.checked)}
      />
      <span>
        {label}
        <span className="block text-ink-soft text-xs">{hint}</span>
      </span>
    </label>
  );
}

export function Input({ className = "", ...rest }: InputProps) {
  return <input className={`${BOX} h-8 ${className}`} {...rest} />;
}

export function Select({ className = "", ...rest }: SelectProps) {
  return <select className={`${BOX} h-8 ${className}`} {...rest} />;
}

export function TextArea({ className = "", ...rest }: TextAreaProps) {
  return <textarea className={`${BOX} min-h-16 py-1.5 ${className}`} {...rest} />;
}

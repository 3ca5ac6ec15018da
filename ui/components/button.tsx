import { LoaderCircle } from "lucide-react";
import Link from "next/link";
import { Tooltip } from "radix-ui";
import type { ButtonHTMLAttributes, ReactNode, Ref } from "react";

const LOOKS = {
  primary: "bg-accent text-accent-ink hover:brightness-110 border-transparent",
  plain: "bg-surface text-ink border-line hover:bg-sunken",
  quiet: "bg-transparent text-ink-soft border-transparent hover:bg-sunken hover:text-ink",
  danger: "bg-bad-soft text-bad border-transparent hover:brightness-95",
};

const SHAPE =
  "inline-flex h-8 items-center justify-center gap-1.5 whitespace-nowrap rounded-md border px-3 font-medium text-[13px] disabled:opacity-50 aria-pressed:bg-accent-soft aria-pressed:text-accent";

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: keyof typeof LOOKS;
  busy?: boolean;
  ref?: Ref<HTMLButtonElement>;
}

export function Button({
  look = "plain",
  busy = false,
  className = "",
  children,
  disabled,
  ...rest
}: ButtonProps) {
  return (
    <button
      type="button"
      disabled={disabled || busy}
      aria-busy={busy || undefined}
      className={`${SHAPE} ${LOOKS[look]} ${className}`}
      {...rest}
    >
      {busy && <LoaderCircle size={14} className="animate-spin" aria-hidden />}
      {children}
    </button>
  );
}

interface ButtonLinkProps {
  href: string;
  look?: keyof typeof LOOKS;
  label?: string;
  children: ReactNode;
}

/** A way to another room that looks like a button. */
export function ButtonLink({ href, look = "plain", label, children }: ButtonLinkProps) {
  return (
    <Link href={href} aria-label={label} className={`${SHAPE} ${LOOKS[look]}`}>
      {children}
    </Link>
  );
}

export interface IconButtonProps extends Omit<ButtonProps, "look" | "busy"> {
  label: string;
  pressed?: boolean;
  keys?: string;
  children: ReactNode;
}

/** A button whose name is a tooltip. */
export function IconButton({
  label,
  pressed,
  keys,
  className = "",
  children,
  ...rest
}: IconButtonProps) {
  return (
    <Tooltip.Root>
      <Tooltip.Trigger asChild>
        <button
          type="button"
          aria-label={label}
          aria-pressed={pressed}
          aria-keyshortcuts={keys}
          className={`inline-flex size-8 items-center justify-center rounded-md text-ink-soft hover:bg-sunken hover:text-ink disabled:opacity-40 aria-pressed:bg-accent-soft aria-pressed:text-accent ${className}`}
          {...rest}
        >
          {children}
        </button>
      </Tooltip.Trigger>
      <Tooltip.Portal>
        <Tooltip.Content
          sideOffset={4}
          className="z-50 rounded bg-ink px-2 py-1 text-canvas text-xs shadow-lg"
        >
          {label}
          {keys && <kbd className="ml-2 opacity-70">{keys}</kbd>}
        </Tooltip.Content>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}

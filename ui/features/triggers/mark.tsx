const TONES = {
  ok: "bg-ok-soft text-ok",
  wait: "bg-wait-soft text-wait",
  bad: "bg-bad-soft text-bad",
  plain: "bg-sunken text-ink-soft",
};

interface MarkProps {
  tone: keyof typeof TONES;
  status: string;
  children: string;
}

/** What became of something, as a word with a colour. */
export function Mark({ tone, status, children }: MarkProps) {
  return (
    <span
      data-mark={status}
      className={`inline-flex whitespace-nowrap rounded-full px-2 py-0.5 font-medium text-xs ${TONES[tone]}`}
    >
      {children}
    </span>
  );
}

import type { ReactNode } from "react";

interface TableProps {
  label: string;
  head: ReactNode[];
  /** What the last column is called to those who do not see its buttons. */
  actions?: string;
  children: ReactNode;
}

/** Rows of a list; wide ones scroll inside their own box. */
export function Table({ label, head, actions, children }: TableProps) {
  return (
    <section
      className="overflow-x-auto rounded-lg border border-line bg-surface"
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
      tabIndex={0}
    >
      <table className="w-full text-left">
        <thead className="border-line border-b bg-sunken text-ink-soft text-xs">
          <tr>
            {head.map((cell, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: the columns of a table do not move
              <th key={index} scope="col" className="whitespace-nowrap px-3 py-2 font-medium">
                {cell}
              </th>
            ))}
            {actions && (
              <th scope="col" className="whitespace-nowrap px-3 py-2 font-medium">
                <span className="sr-only">{actions}</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody className="divide-y divide-line [&_td]:px-3 [&_td]:py-2 [&_tr:hover]:bg-sunken/60">
          {children}
        </tbody>
      </table>
    </section>
  );
}

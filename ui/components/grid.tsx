import type { ReactNode } from "react";

const MOST_COLUMNS = 50;

interface GridProps {
  label: string;
  columns: string[];
  rows: ReactNode[][];
}

/** Data in rows and columns, small and scrolling both ways. */
export function Grid({ label, columns, rows }: GridProps) {
  const shown = columns.slice(0, MOST_COLUMNS);
  return (
    <section
      aria-label={label}
      className="max-h-96 overflow-auto rounded-md border border-line"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
      tabIndex={0}
    >
      <table className="w-full text-left text-xs">
        <thead className="sticky top-0 bg-sunken">
          <tr>
            {shown.map((column, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: columns do not move, and two may have one name
              <th key={index} scope="col" className="whitespace-nowrap px-2 py-1 font-medium">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="divide-y divide-line">
          {rows.map((row, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: recorded rows do not move
            <tr key={index}>
              {shown.map((_column, at) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: nor do their cells
                <td key={at} className="max-w-56 truncate px-2 py-1">
                  {row[at]}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

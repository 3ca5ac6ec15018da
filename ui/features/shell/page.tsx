import type { ReactNode } from "react";

interface PageProps {
  title: string;
  lead?: string;
  actions?: ReactNode;
  children: ReactNode;
}

/** A room of the house: its name, what can be done here, and its content. */
export function Page({ title, lead, actions, children }: PageProps) {
  return (
    <main id="main" className="mx-auto w-full max-w-7xl px-5 py-6 md:px-8">
      <header className="mb-5 flex flex-wrap items-end justify-between gap-3">
        <div>
          <h1 className="text-xl font-semibold tracking-tight">{title}</h1>
          {lead && <p className="mt-1 text-ink-soft">{lead}</p>}
        </div>
        <div className="flex flex-wrap gap-2">{actions}</div>
      </header>
      {children}
    </main>
  );
}

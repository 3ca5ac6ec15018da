import { JsonView } from "@/components/json-view";
import type { Json } from "@/features/graph";

/** What a call was given, or what came of it, under its title. */
export function Value({ title, value }: { title: string; value: Json }) {
  return (
    <section aria-label={title}>
      <h4 className="mb-1 font-medium text-xs">{title}</h4>
      {typeof value === "string" ? (
        <pre
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
          tabIndex={0}
          className="max-h-72 overflow-auto whitespace-pre-wrap break-words rounded-md bg-sunken p-2 text-[12px]"
        >
          {value}
        </pre>
      ) : (
        <JsonView value={value} />
      )}
    </section>
  );
}

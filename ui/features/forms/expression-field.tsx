import dynamic from "next/dynamic";
import { useCallback, useRef, useState } from "react";
import { secretReference } from "@/lib/secret-text";
import { InsertSecret } from "./insert-secret";
import { Preview } from "./preview";
import { readable, suggestions, useScope } from "./scope";

const CodeEditor = dynamic(() => import("@/components/code-editor"), { ssr: false });

interface ExpressionFieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  tall?: boolean;
  /** Only the inside of `{{ … }}` is a condition's or a text's; all of it is a value's. */
  placeholder?: string;
}

/** Text with `{{ … }}`: completes from the graph and the last run, and shows what it gives. */
export function ExpressionField({
  label,
  value,
  onChange,
  tall,
  placeholder,
}: ExpressionFieldProps) {
  const scope = useScope();
  const known = useRef(scope);
  known.current = scope;
  const [focused, setFocused] = useState(false);
  const complete = useCallback(
    (before: string) => suggestions(before, readable(known.current)),
    [],
  );
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only watches the editor's focus
    <div onFocus={() => setFocused(true)} onBlur={() => setFocused(false)}>
      <div className="flex items-start gap-1">
        <div className="min-w-0 flex-1">
          <CodeEditor
            label={label}
            value={value}
            onChange={onChange}
            complete={complete}
            lines={false}
            minHeight={tall ? "6rem" : "2rem"}
            placeholder={placeholder ?? ""}
          />
        </div>
        <InsertSecret
          label={label}
          names={scope.secrets ?? []}
          onInsert={(name) => onChange(value + secretReference(name))}
        />
      </div>
      {focused && value.includes("{{") && <Preview template={value} />}
    </div>
  );
}

import { type ReactNode, useMemo } from "react";
import type { JsonObject } from "@/features/graph";
import { useSecretNames } from "@/lib/api/secrets";
import { ScopeContext, useScope } from "./scope";

interface ToolScopeProps {
  /** What the tool is given, for its configuration to read: templates or samples. */
  inputs?: JsonObject | undefined;
  children: ReactNode;
}

/** Texts of a tool may name secrets, and those of its configuration its inputs. */
export function ToolScope({ inputs, children }: ToolScopeProps) {
  const scope = useScope();
  const secrets = useSecretNames();
  const value = useMemo(
    () => ({ ...scope, secrets, ...(inputs && { inputs }) }),
    [scope, secrets, inputs],
  );
  return <ScopeContext value={value}>{children}</ScopeContext>;
}

/** An input cannot read the others. */
export function WithoutInputs({ children }: { children: ReactNode }) {
  const scope = useScope();
  const value = useMemo(() => {
    const { inputs: _inputs, ...others } = scope;
    return others;
  }, [scope]);
  return <ScopeContext value={value}>{children}</ScopeContext>;
}

"use client";

import { BuiltinEditor } from "./builtin/builtin-editor";
import type { EditorProps, Kind } from "./editor";
import { HttpEditor } from "./http/http-editor";
import { McpEditor } from "./mcp-editor";
import { PythonEditor } from "./python/python-editor";
import { ShellEditor } from "./shell/shell-editor";

const EDITORS = {
  http: HttpEditor,
  mcp: McpEditor,
  python: PythonEditor,
  shell: ShellEditor,
  builtin: BuiltinEditor,
} satisfies Record<Kind, unknown>;

/** The editor of a tool's configuration, by its kind. */
export function KindEditor({ kind, ...props }: EditorProps & { kind: Kind }) {
  const Editor = EDITORS[kind];
  return <Editor {...props} />;
}

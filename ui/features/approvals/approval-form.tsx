import { type Schema, SchemaForm } from "@/features/forms";
import type { JsonObject } from "@/features/graph";

interface ApprovalFormProps {
  schema: JsonObject;
  value: JsonObject;
  onChange: (value: JsonObject) => void;
}

/** What whoever approves fills in. */
export function ApprovalForm({ schema, value, onChange }: ApprovalFormProps) {
  return <SchemaForm schema={schema as Schema} value={value} onChange={onChange} />;
}

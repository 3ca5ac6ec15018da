export { ExpressionField, Preview } from "./expression-field";
export { JsonField, JsonText, parseJson } from "./json-field";
export { PairsField } from "./pairs-field";
export { blankObject, resolved, type Schema } from "./schema";
export { SchemaForm } from "./schema-form";
export { type Scope, ScopeContext, shown, suggestions, useScope } from "./scope";

export { beginning } from "./builtin/builtin-editor";
export { type EditorProps, type InputSchema, KINDS, type Kind } from "./editor";
export { useExpectedInputs } from "./expected-inputs";
export { guessedInputs } from "./guessed-inputs";
export { KindEditor } from "./kind-editor";
export { starter } from "./starters";

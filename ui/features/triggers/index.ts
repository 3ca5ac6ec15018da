export { TriggerEdit } from "./edit";
export { Triggers } from "./triggers";
export { TriggerView } from "./view";

export { Executions } from "./list";
export { RunView } from "./run-view";

export { Executions } from "./list";

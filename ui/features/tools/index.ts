export { ToolEdit } from "./edit";
export { Tools } from "./tools";

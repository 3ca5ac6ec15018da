export { Tools } from "./tools";

export { Designer } from "./designer";

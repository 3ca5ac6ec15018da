export { RunView } from "./run-view";

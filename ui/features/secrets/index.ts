export { Secrets } from "./secrets";

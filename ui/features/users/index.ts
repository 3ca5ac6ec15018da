export { Users } from "./users";

export { Frame } from "./frame";
export { Login } from "./login";
export { useMayWrite } from "./may-write";
export { PasswordField } from "./password-field";
export { Setup } from "./setup";

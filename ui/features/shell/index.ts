export { Gate } from "./gate";
export { Page } from "./page";
export { Providers } from "./providers";
export { Shell } from "./shell";

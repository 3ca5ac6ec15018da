export { useDraftAddress } from "./address";
export { Drafting } from "./lazy";

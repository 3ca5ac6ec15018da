export { ArtifactChip, ArtifactChips } from "./chip";
export { ArtifactBody } from "./lazy-body";

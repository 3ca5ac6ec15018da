export { type Answer, type Attempt, type Spec, trySpec, tryStored } from "./api";

export { Trial } from "./trial";

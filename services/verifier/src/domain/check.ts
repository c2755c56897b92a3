/** `open`: it was drawn and runs. A check that is decided never changes. */
export type CheckState = "open" | "same" | "different" | "undetermined";

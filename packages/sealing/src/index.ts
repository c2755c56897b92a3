export type { LeaseNames } from "./lease-names.js";
export type { RecordOpener, RecordSealer } from "./records.js";
export { openWork, type StreamOpeners, type StreamSealers, sealWork } from "./sealed-work.js";
export { newSealingPair, OfferedPair, type SealingPair, SignedKeys } from "./sealing-pair.js";

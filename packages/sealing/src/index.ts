export type { KeptReady } from "./kept-ready.js";
export type { LeaseNames } from "./lease-names.js";
export type { RecordOpener, RecordSealer } from "./records.js";
export { openWork, type StreamOpeners, type StreamSealers, sealWork } from "./sealed-work.js";
export { isSealingKeyOf, newSealingPair, type SealingPair, sealingPairs } from "./sealing-pair.js";

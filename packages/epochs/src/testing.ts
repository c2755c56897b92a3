export { ProofBench, type ProofTimes } from "./testing/measure-proof.js";
export { type SyntheticEpoch, syntheticId, writeSyntheticEpoch } from "./testing/synthetic-epoch.js";

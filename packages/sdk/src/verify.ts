export type { CompactProofRead, Party, PartyLine, StatementRead } from "@flock/epochs/pure";
export { verifyEpochProof, verifyEpochStatement } from "./verification/epoch.js";
export { type ProvenReceipt, verifyReceipt } from "./verification/receipt.js";
export { type ProvenReserves, verifyReserves } from "./verification/reserves.js";
export type { Verdict } from "./verification/verdict.js";
export { type ProvenWorkerVerdict, verifyVerdict } from "./verification/worker-verdict.js";

/* What a browser can load, too: no module of Node, and none of its globals. */
export { type CompactProofRead, verifyCompactProof } from "./prove/compact-proof.js";
export type { Party, PartyLine } from "./prove/party.js";
export type { StatementRead } from "./prove/statement-reader.js";
export { proveFromStream } from "./prove/statement-stream.js";

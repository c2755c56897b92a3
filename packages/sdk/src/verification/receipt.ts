import { checkSignature } from "@flock/keys/pure";
import {
  checkSignedText,
  type Delegation,
  readDelegation,
  readReceipt,
  receiptMessage,
} from "@flock/orders/pure";
import { Outcome, type Receipt as SignedFields, SignedReceipt } from "@flock/proto/jobs";
import { base64, hex } from "@scure/base";
import type { IsoTime } from "../decoding/decoder.js";
import type { Receipt } from "../resources/jobs.js";
import { base58Bytes } from "./base58-bytes.js";
import { NO_ED25519, type NotProven, refuted, type Verdict, verified } from "./verdict.js";

/** What a receipt proves: by the signatures alone, and by nothing that the api says beside them. */
export interface ProvenReceipt {
  /** The worker: its wallet's address. */
  readonly worker: string;
  /** The wallet that is paid. */
  readonly payout: string;
  /** The key that signed. */
  readonly signer: string;
  /** Why it may sign in the worker's name; null: it is the worker's own. */
  readonly delegation: Delegation | null;
  readonly jobId: string;
  readonly lease: number;
  readonly requesterId: string;
  readonly model: string;
  readonly modelDigest: string;
  readonly isCompleted: boolean;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly resumedTokens: number;
  readonly outputSha256: string;
  /** By the worker's clock. */
  readonly finishedAt: IsoTime;
}

/** The last moment that a date can stand for. */
const UNIX_MS_MAX = 8.64e15;

/**
 * Follows a receipt to the wallet behind it: it is signed by its signer, which is the worker itself or a key that the
 * worker's wallet has let work at that time; and what the api told beside it is what was signed.
 */
export async function verifyReceipt(receipt: Receipt): Promise<Verdict<ProvenReceipt>> {
  const signed = signedOf(receipt.signedReceipt);
  const fields = signed === undefined ? undefined : readReceipt(signed.receipt);
  if (signed === undefined || fields === undefined) return refuted("the signed receipt is none");
  const check = await checkSignature(signed.signer, receiptMessage(signed.receipt), signed.signature);
  if (check === "unavailable") return NO_ED25519;
  if (check === "invalid") return refuted(`${signed.signer} has not signed the receipt`);
  const told = faultOfTold(receipt, fields, signed.signer);
  if (told !== undefined) return refuted(told);
  const { finishedUnixMs, workerId, payeeId } = fields;
  if (finishedUnixMs <= 0 || finishedUnixMs > UNIX_MS_MAX) return refuted("the receipt has no time");
  if (signed.signer === workerId)
    return verified(factsOf(fields, signed.signer, payeeId === "" ? workerId : payeeId, null));
  const delegation = await delegationOf(receipt.delegation, fields, signed.signer);
  if ("verdict" in delegation) return delegation;
  return verified(factsOf(fields, signed.signer, delegation.payout, delegation));
}

/** Why the signer may sign in the worker's name, or why that is not proven. */
async function delegationOf(
  given: Receipt["delegation"],
  { workerId, payeeId, finishedUnixMs }: SignedFields,
  signer: string,
): Promise<Delegation | NotProven> {
  if (given === null)
    return { verdict: "unavailable", why: `the network has no more why ${signer} may sign for ${workerId}` };
  const read = readDelegation(given.text);
  if ("fault" in read) return refuted(`the delegation is none: ${read.fault}`);
  if (read.key !== signer) return refuted(`the delegation is to ${read.key}, not to the signer ${signer}`);
  if (read.wallet !== workerId) return refuted(`the delegation is by ${read.wallet}, not by ${workerId}`);
  const payee = read.payout === read.wallet ? "" : read.payout;
  if (payeeId !== payee) return refuted("the receipt has somebody paid whom the wallet has not named");
  if (finishedUnixMs < read.issuedMs || finishedUnixMs > read.expiresMs)
    return refuted("the signer might not sign at that time");
  const check = await checkSignedText(read.wallet, given.text, base58Bytes(given.signature));
  if (check === "unavailable") return NO_ED25519;
  return check === "valid" ? read : refuted(`${read.wallet} has not signed the delegation`);
}

/** What the api told otherwise than it was signed. */
function faultOfTold(told: Receipt, signed: SignedFields, signer: string): string | undefined {
  const pairs: Readonly<Record<string, readonly [unknown, unknown]>> = {
    signer: [told.signer, signer],
    workerKey: [told.workerKey, signed.workerId],
    jobId: [told.jobId, signed.jobId],
    lease: [told.lease, signed.lease],
    requesterId: [told.requesterId, signed.requesterId],
    model: [told.model, signed.model],
    modelDigest: [told.modelDigest, signed.modelDigest],
    promptTokens: [told.promptTokens, signed.promptTokens],
    completionTokens: [told.completionTokens, signed.completionTokens],
    resumedTokens: [told.resumedTokens, signed.resumedTokens],
    outputSha256: [told.outputSha256, hex.encode(signed.outputSha256)],
    payee: [told.payee ?? "", signed.payeeId],
    outcome: [told.outcome === "completed", signed.outcome === Outcome.COMPLETED],
  };
  const wrong = Object.entries(pairs).find(([, [one, other]]) => one !== other);
  return wrong === undefined ? undefined : `the worker has signed another ${wrong[0]} than the network tells`;
}

function factsOf(
  signed: SignedFields,
  signer: string,
  payout: string,
  delegation: Delegation | null,
): ProvenReceipt {
  return {
    worker: signed.workerId,
    payout,
    signer,
    delegation,
    jobId: signed.jobId,
    lease: signed.lease,
    requesterId: signed.requesterId,
    model: signed.model,
    modelDigest: signed.modelDigest,
    isCompleted: signed.outcome === Outcome.COMPLETED,
    promptTokens: signed.promptTokens,
    completionTokens: signed.completionTokens,
    resumedTokens: signed.resumedTokens,
    outputSha256: hex.encode(signed.outputSha256),
    finishedAt: new Date(signed.finishedUnixMs).toISOString(),
  };
}

function signedOf(text: string): SignedReceipt | undefined {
  try {
    return SignedReceipt.decode(base64.decode(text));
  } catch {
    return undefined;
  }
}

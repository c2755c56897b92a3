import { signReceipt } from "@flock/jobs";
import { generateIdentity, type Identity } from "@flock/keys";
import { Outcome, Receipt, type SignedReceipt } from "@flock/proto/jobs";
import { PLAIN_MODEL } from "./start-test-api.js";

/** The worker that signs receipts in tests. */
export const SIGNER = generateIdentity();

/** A receipt of the job, as a worker signs it. */
export function receiptOf(
  jobId: string,
  more: Partial<Receipt> = {},
  signer: Identity = SIGNER,
): SignedReceipt {
  const receipt = Receipt.fromPartial({
    ...{ jobId, lease: 2, requesterId: "requester", workerId: SIGNER.id },
    ...{ model: PLAIN_MODEL.name, modelDigest: PLAIN_MODEL.digest, outcome: Outcome.COMPLETED },
    ...{ promptTokens: 7, completionTokens: 1, resumedTokens: 3 },
    outputSha256: Buffer.alloc(32, 0xab),
    startedUnixMs: Date.UTC(2026, 10, 22, 12),
    finishedUnixMs: Date.UTC(2026, 10, 22, 12, 0, 1),
    ...more,
  });
  return signReceipt(signer, receipt);
}

import { identityFromSeed } from "@flock/keys";
import { encode } from "@flock/proto";
import { Claim, ClaimReply, GrantPart, Operation, Work } from "@flock/proto/jobs";
import { sealWork } from "@flock/sealing";
import fc from "fast-check";
import { ClaimClient } from "../../../packages/jobs/src/worker/claim-client.js";
import { parseRequest } from "../../../packages/jobs/src/worker/request-json.js";
import { fuzzTarget } from "../fuzz-target.js";
import { mutatedMessages } from "../generators/wire.js";
import { mustHold } from "../outcome.js";
import { FakeMesh } from "../rigs/fake-mesh.js";

const worker = identityFromSeed(new Uint8Array(32).fill(3));
const REQUEST = {
  ...{ jobId: "job", requesterId: "requester", ackSubject: "$JS.ACK.JOBS.m.1.5.5.1.0" },
  ...{ modelDigest: "ab".repeat(32), queuedMs: 1 },
};
const WORK = encode(Work, {
  ...{ operation: Operation.CHAT, requestJson: Buffer.from('{"messages":[]}'), coalesce: false },
  resume: { ...resume() },
});
const grant = { jobId: "job", lease: 1, traceparent: "", workBytesTotal: WORK.length };
const REPLIES = [
  { $case: "grant" as const, value: { ...grant, work: { $case: "plaintext" as const, value: WORK } } },
  {
    $case: "grant" as const,
    value: { ...grant, work: { $case: "plaintext" as const, value: WORK.subarray(0, 9) } },
  },
  { $case: "refusal" as const, value: 2 },
].map((result) => encode(ClaimReply, { version: 1, result }));
const PARTS = [{ version: 1, jobId: "job", lease: 1, index: 1, bytes: WORK.subarray(9) }].map((part) =>
  encode(GrantPart, part),
);

function resume() {
  return {
    ...{ deliveredText: "hi", deliveredTokens: 1, promptTokens: 3, deliveredTokensMax: 1 },
    ...{ blankTailLength: 0, blankTailTokens: 0, deliveredThinking: "" },
  };
}

export const grants = fuzzTarget({
  name: "grants",
  about: "what a worker is answered to its claims: grants in plain text and sealed, their parts, refusals",
  open: () => {
    const fake = new FakeMesh();
    return {
      inputs: fc.record({
        reply: fc.option(mutatedMessages(REPLIES), { nil: undefined }),
        work: mutatedMessages([WORK]),
        parts: fc.array(mutatedMessages(PARTS), { maxLength: 2 }),
      }),
      probe: async ({ reply, work, parts }) => {
        const claims = new ClaimClient(fake.mesh, {
          workerId: worker.id,
          pairSigner: worker,
          delegation: undefined,
        });
        const inbox = fake.patternOf("_INBOX");
        const claimed = claims.claim(REQUEST);
        const { reply: to = "", data } = fake.lastPublished;
        // Work that only this worker can open, whatever is in it.
        const answer = reply ?? (await sealedGrant(Claim.decode(data), work));
        for (const bytes of [answer, ...parts]) fake.feed(inbox, to, bytes);
        // What is not whole by then would be waited for.
        for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
        claims.close();
        const result = await claimed;
        if (result.kind !== "granted") return false;
        mustHold(result.lease > 0, "a lease without a number");
        parseRequest(result.work.requestJson);
        return true;
      },
    };
  },
});

async function sealedGrant({ sealingKey }: Claim, work: Uint8Array): Promise<Uint8Array> {
  const names = { jobId: "job", lease: 1, workerId: worker.id, requesterId: "requester" };
  const { sealed } = await sealWork(sealingKey, names, work);
  const value = {
    ...grant,
    workBytesTotal: sealed.length,
    work: { $case: "sealed" as const, value: sealed },
  };
  return encode(ClaimReply, { version: 1, result: { $case: "grant", value } });
}

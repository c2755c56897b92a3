import { generateIdentity, type Identity } from "@flock/keys";
import { encode, PROTOCOL_VERSION, SUBJECTS } from "@flock/proto";
import { Claim, ClaimRefusal, ClaimReply, type Delegation } from "@flock/proto/jobs";
import { newSealingPair } from "@flock/sealing";
import { jest } from "@jest/globals";
import { delegationBy } from "./delegations.js";
import { DIGEST } from "./fake-router.js";
import {
  addressOf,
  eventsOf,
  eventually,
  mesh,
  spec,
  startRequester,
  startWorker,
  submit,
  TEXT,
  WORDS,
} from "./protocol-rig.js";
import { ScriptedRunner } from "./scripted-runner.js";

const wallet = generateIdentity();
const key = generateIdentity();
const payout = generateIdentity().id;

interface Delegated {
  readonly delegation?: Delegation;
  readonly signer?: Pick<Identity, "id" | "sign">;
  readonly payeeId?: string;
  readonly tokenMs?: number;
}

/** A worker that works for the wallet with a key of its own. */
function startDelegated({ signer = key, tokenMs = 0, payeeId, ...more }: Delegated = {}) {
  const { delegation = delegationBy(wallet, signer.id) } = more;
  const names = { workerId: wallet.id, signer, delegation: () => delegation };
  const payee = payeeId === undefined ? {} : { payeeId };
  return startWorker(new ScriptedRunner(WORDS, { tokenMs }), 1, {}, { ...names, ...payee });
}

/** What the ledger hears of a job that has ended. */
async function toldOf(jobId: string) {
  const events = await eventually(async () => {
    const found = await eventsOf(jobId);
    return found.completed.length + found.failed.length > 0 && found;
  });
  return events.completed;
}

async function claim(jobId: string, changes: Partial<Claim>): Promise<ClaimReply["result"]> {
  const { publicKey: sealingKey, signature: sealingSignature } = newSealingPair(key);
  const sealing = { sealingKey, sealingSignature };
  const message = Claim.fromPartial({
    ...{ version: PROTOCOL_VERSION, jobId, workerId: wallet.id, modelDigest: DIGEST },
    ...{ delegation: delegationBy(wallet, key.id), ...sealing, ...changes },
  });
  const subject = SUBJECTS.claim(message.workerId, await addressOf(jobId));
  return ClaimReply.decode((await mesh.nats.request(subject, encode(Claim, message))).data).result;
}

describe("a worker whose wallet lets a key work for it", () => {
  it("is known by its wallet, and signs with its key", async () => {
    await startDelegated();
    const job = submit(await startRequester(), spec({ privacyMin: "sealed-to-worker" }));
    expect(await job.ended).toMatchObject({ outcome: "completed", leases: 1 });
    expect(job.text()).toBe(TEXT);
    const completed = await toldOf(job.handle.jobId);
    expect(completed).toMatchObject([{ workerId: wallet.id, payeeId: "", receipt: { signer: key.id } }]);
  });

  it("has the account paid that its wallet names", async () => {
    await startDelegated({ delegation: delegationBy(wallet, key.id, { payout }), payeeId: payout });
    const job = submit(await startRequester(), spec());
    await job.ended;
    expect(await toldOf(job.handle.jobId)).toMatchObject([{ workerId: wallet.id, payeeId: payout }]);
  });

  it.each<[string, Partial<Parameters<typeof delegationBy>[2]>, string | undefined]>([
    ["names another payee than the wallet has", { payout }, generateIdentity().id],
    ["names none, though the wallet has named one", { payout }, undefined],
    ["names one, though the wallet has named none", {}, payout],
  ])("is not believed if its key %s", async (_what, changes, payeeId) => {
    const delegation = delegationBy(wallet, key.id, changes);
    await startDelegated(payeeId === undefined ? { delegation } : { delegation, payeeId });
    const job = submit(await startRequester(), spec());
    await job.ended;
    expect(await toldOf(job.handle.jobId)).toEqual([]);
  });

  it("is not believed if another key signs its receipt, be it the wallet's own", async () => {
    const sign = (message: Uint8Array) =>
      (Buffer.from(message).toString("latin1").startsWith("flock/receipt") ? wallet : key).sign(message);
    await startDelegated({ signer: { id: wallet.id, sign }, delegation: delegationBy(wallet, key.id) });
    const job = submit(await startRequester(), spec({ privacyMin: "sealed-to-worker" }));
    await job.ended;
    expect(await toldOf(job.handle.jobId)).toEqual([]);
  });

  it("ends what it has begun when its delegation lapses meanwhile, and gets nothing more", async () => {
    const requester = await startRequester();
    const expiresMs = Date.now() + 900;
    const lapses = delegationBy(wallet, key.id, { expiresMs });
    await startDelegated({ delegation: lapses, tokenMs: 40 });
    const job = submit(requester, spec());
    expect(await job.ended).toMatchObject({ outcome: "completed", leases: 1 });
    expect(await toldOf(job.handle.jobId)).toMatchObject([{ workerId: wallet.id }]);
    expect(Date.now()).toBeGreaterThan(expiresMs);
    const next = spec();
    const waiting = submit(requester, next);
    expect(await claim(next.jobId, { delegation: lapses })).toEqual({
      $case: "refusal",
      value: ClaimRefusal.EXCLUDED,
    });
    // Nobody else is there for it.
    waiting.handle.cancel();
    await waiting.ended;
  });
});

describe("a claim without a delegation that holds", () => {
  const other = generateIdentity();

  it("has nobody look at its keys if the job is not to be had anyway: that takes a millisecond and more", async () => {
    const dropped = jest.spyOn(mesh.dropped, "drop");
    const jobSpec = spec();
    const job = submit(await startRequester(), jobSpec);
    expect((await claim(jobSpec.jobId, {}))?.$case).toBe("grant");
    for (const text of ["I may", delegationBy(wallet, key.id, { issuedMs: 1, expiresMs: 2 }).text]) {
      const delegation = { text, signature: Buffer.alloc(64) };
      const refusal = { $case: "refusal", value: ClaimRefusal.ALREADY_LEASED };
      expect(await claim(jobSpec.jobId, { delegation })).toEqual(refusal);
    }
    expect(dropped).not.toHaveBeenCalled();
    job.handle.cancel();
    await job.ended;
  });

  const { publicKey, signature } = newSealingPair(other);
  it.each<[string, string, Partial<Claim>]>([
    ["has none, and a key that is not the wallet's", "foreign_sealing_key", { delegation: undefined }],
    ["has that of another wallet", "foreign_delegation", { delegation: delegationBy(other, key.id) }],
    [
      "has one that its wallet has not signed",
      "forged_delegation",
      { delegation: { ...delegationBy(other, key.id), text: delegationBy(wallet, key.id).text } },
    ],
    [
      "has one that lapsed",
      "lapsed_delegation",
      { delegation: delegationBy(wallet, key.id, { issuedMs: 1, expiresMs: 2 }) },
    ],
    [
      "has no text of a delegation",
      "malformed_delegation",
      { delegation: { text: "I may", signature: Buffer.alloc(64) } },
    ],
    [
      "offers a sealing key by another key",
      "foreign_sealing_key",
      { sealingKey: publicKey, sealingSignature: signature },
    ],
  ])("is refused if it %s, and the job waits for another worker", async (_what, reason, changes) => {
    const dropped = jest.spyOn(mesh.dropped, "drop");
    const requester = await startRequester();
    const jobSpec = spec();
    const job = submit(requester, jobSpec);
    expect(await claim(jobSpec.jobId, changes)).toEqual({ $case: "refusal", value: ClaimRefusal.EXCLUDED });
    expect(dropped).toHaveBeenCalledWith("claim", reason, { workerId: wallet.id });
    await startDelegated();
    expect(await job.ended).toMatchObject({ outcome: "completed", leases: 1 });
  });
});

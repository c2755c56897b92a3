import { createHash, randomUUID } from "node:crypto";
import { signReceipt } from "@flock/jobs";
import { generateIdentity, type Identity } from "@flock/keys";
import type { Mesh } from "@flock/mesh";
import { encode, PROTOCOL_VERSION, SUBJECTS } from "@flock/proto";
import { Claim, ClaimRefusal, ClaimReply, Final, Outcome, Receipt, WorkerReport } from "@flock/proto/jobs";
import { JobUpdates } from "@flock/proto/router";
import { eventually } from "@flock/provision/testing";
import { startedForTest } from "./started.js";

/** A requester on a mesh with a router; its jobs are left to the contract's workers. */
export interface RoutedRequesterUnderContract {
  readonly mesh: Mesh;
  /** Where claims of the job go: as it was routed. For a job that was not, where the requester is reached at all. */
  addressOf(jobId: string): string;
  readonly model: { readonly name: string; readonly digest: string };
  /** Has a new job routed; returns its id when claims of it may come. */
  submit(): Promise<string>;
  /** Its client is gone. */
  giveUp(jobId: string): void;
  stop(): Promise<void>;
}

/** What routers and workers rely on when a requester answers claims, and tells what became of them. */
export function requesterForRouterContract(
  name: string,
  start: () => Promise<RoutedRequesterUnderContract>,
): void {
  describe(`the contract of requesters with the router, as ${name} keeps it`, () => {
    const started = startedForTest(start);
    let mesh: RequestersMesh;
    beforeEach(async () => {
      mesh = await RequestersMesh.listenTo(started());
    });
    claims(() => mesh);
    endsOfLeases(() => mesh);
  });
}

/** What the router hears of a requester, and workers that claim its jobs. */
class RequestersMesh {
  readonly #world: RoutedRequesterUnderContract;
  readonly #updates: JobUpdates[] = [];
  #deliveries = 0;

  private constructor(world: RoutedRequesterUnderContract) {
    this.#world = world;
  }

  static async listenTo(world: RoutedRequesterUnderContract): Promise<RequestersMesh> {
    const listener = new RequestersMesh(world);
    world.mesh.nats.subscribe(SUBJECTS.jobUpdates, {
      callback: (_, msg) => {
        listener.#updates.push(JobUpdates.decode(msg.data));
      },
    });
    await world.mesh.nats.flush();
    return listener;
  }

  submit(): Promise<string> {
    return this.#world.submit();
  }

  giveUp(jobId: string): void {
    this.#world.giveUp(jobId);
  }

  /** The subject of a delivery of which this mesh has only heard. */
  ackSubject(): string {
    this.#deliveries += 1;
    return `$JS.ACK.JOBS.contract.1.${1_000_000 + this.#deliveries}.1.1700000000000000000.0`;
  }

  /**
   * Claims a job in a worker's name.
   * @param as The worker whose subject the claim is published on. Default: the same.
   */
  async claim(worker: Identity, jobId: string, { as = worker.id, ...changes }: ClaimChanges = {}) {
    const { mesh, model } = this.#world;
    const requesterId = this.#world.addressOf(jobId);
    const claim = Claim.fromPartial({
      version: PROTOCOL_VERSION,
      jobId,
      workerId: worker.id,
      ackSubject: this.ackSubject(),
      modelDigest: model.digest,
      ...changes,
    });
    const subject = SUBJECTS.claim(as, requesterId);
    const reply = await mesh.nats.request(subject, encode(Claim, claim), {
      timeout: as === worker.id ? 5_000 : 300,
    });
    return { ackSubject: claim.ackSubject, result: ClaimReply.decode(reply.data).result };
  }

  /** Claims a job that is granted, and returns its lease. */
  async lease(worker: Identity, jobId: string): Promise<number> {
    const { result } = await this.claim(worker, jobId);
    if (result?.$case !== "grant") throw new Error(`it was not granted: ${JSON.stringify(result)}`);
    return result.value.lease;
  }

  /** Ends a lease that has produced nothing, with a receipt that vouches for that. */
  final(worker: Identity, jobId: string, lease: number, outcome: Outcome): void {
    const { mesh, model } = this.#world;
    const requesterId = this.#world.addressOf(jobId);
    const receipt = Receipt.fromPartial({
      ...{ jobId, lease, requesterId, workerId: worker.id, outcome },
      ...{ model: model.name, modelDigest: model.digest },
      // Of four parts, each preceded by its length: all empty.
      outputSha256: createHash("sha256").update(Buffer.alloc(16)).digest(),
    });
    const doneReason = outcome === Outcome.COMPLETED ? "stop" : "";
    const final = Final.fromPartial({
      ...{ jobId, lease, outcome, doneReason, error: "words of the engine" },
      receipt: signReceipt(worker, receipt),
    });
    const report = WorkerReport.fromPartial({ version: PROTOCOL_VERSION, finals: [final] });
    mesh.nats.publish(SUBJECTS.report(worker.id, requesterId), encode(WorkerReport, report));
  }

  /** What the router was told of a job: waits until it was told anything of this kind. */
  told<Kind extends "granted" | "retired" | "finished">(kind: Kind, jobId: string) {
    return eventually(`${kind} is told`, () => {
      const address = this.#world.addressOf(jobId);
      const own = this.#updates.filter(({ requesterId }) => requesterId === address);
      const all = own.flatMap((updates) => updates[kind] as JobUpdates[Kind][number][]);
      const found = all.filter((update) => update.jobId === jobId);
      return found.length > 0 && found;
    });
  }
}

interface ClaimChanges extends Partial<Claim> {
  readonly as?: string;
}

function claims(mesh: () => RequestersMesh): void {
  const refusal = (value: ClaimRefusal) => ({ $case: "refusal", value });

  it("the first claim of a job is granted, and the router is told whose ticket that was", async () => {
    const [worker, jobId] = [generateIdentity(), await mesh().submit()];
    const { result, ackSubject } = await mesh().claim(worker, jobId);
    expect(result).toMatchObject({ $case: "grant", value: { jobId, lease: 1 } });
    expect(await mesh().told("granted", jobId)).toMatchObject([
      { jobId, lease: 1, workerId: worker.id, ackSubject },
    ]);
  });

  it("a second claim of a job is refused while the first lease lives, and nobody needs that ticket", async () => {
    const jobId = await mesh().submit();
    await mesh().lease(generateIdentity(), jobId);
    const worker = generateIdentity();
    const { result, ackSubject } = await mesh().claim(worker, jobId);
    expect(result).toEqual(refusal(ClaimRefusal.ALREADY_LEASED));
    expect(await mesh().told("retired", jobId)).toEqual([
      { jobId, ackSubject, redeliver: false, workerId: worker.id },
    ]);
  });

  it("a claim of a job that never was is refused, and nobody needs its ticket", async () => {
    const jobId = randomUUID();
    const worker = generateIdentity();
    const { result, ackSubject } = await mesh().claim(worker, jobId);
    expect(result).toEqual(refusal(ClaimRefusal.UNKNOWN_JOB));
    expect(await mesh().told("retired", jobId)).toEqual([
      { jobId, ackSubject, redeliver: false, workerId: worker.id },
    ]);
  });

  it.each([
    ["that a worker declines", { declined: true }, ClaimRefusal.DECLINED],
    [
      "of a worker with another digest of the model",
      { modelDigest: "cd".repeat(32) },
      ClaimRefusal.WRONG_MODEL,
    ],
  ])("a claim %s is refused, and its ticket is for somebody else", async (_, changes, code) => {
    const jobId = await mesh().submit();
    const worker = generateIdentity();
    const { result, ackSubject } = await mesh().claim(worker, jobId, changes);
    expect(result).toEqual(refusal(code));
    expect(await mesh().told("retired", jobId)).toEqual([
      { jobId, ackSubject, redeliver: true, workerId: worker.id },
    ]);
    expect(await mesh().lease(generateIdentity(), jobId)).toBe(1);
  });

  it("a claim in another worker's name is not answered, and takes no job", async () => {
    const jobId = await mesh().submit();
    await expect(mesh().claim(generateIdentity(), jobId, { as: generateIdentity().id })).rejects.toThrow();
    expect(await mesh().lease(generateIdentity(), jobId)).toBe(1);
  });
}

function endsOfLeases(mesh: () => RequestersMesh): void {
  it.each([
    ["is completed", Outcome.COMPLETED],
    ["the engine refuses", Outcome.REFUSED],
  ])("the router is told of a job that %s, once, and nobody gets it any more", async (_, outcome) => {
    const [worker, jobId] = [generateIdentity(), await mesh().submit()];
    const lease = await mesh().lease(worker, jobId);
    for (let time = 0; time < 2; time++) mesh().final(worker, jobId, lease, outcome);
    const facts = { jobId, lease, workerId: worker.id, outcome, lost: false, failedWorkerIds: [] };
    expect(await mesh().told("finished", jobId)).toMatchObject([facts]);
    const { result } = await mesh().claim(generateIdentity(), jobId);
    expect(result).toEqual({ $case: "refusal", value: ClaimRefusal.UNKNOWN_JOB });
    expect(await mesh().told("finished", jobId)).toHaveLength(1);
  });

  it.each([
    ["its engine fails", Outcome.FAILED],
    ["its worker gives it back", Outcome.RETURNED],
  ])("a job goes on with another worker when %s, and nobody is blamed yet", async (_, outcome) => {
    const [worker, jobId] = [generateIdentity(), await mesh().submit()];
    mesh().final(worker, jobId, await mesh().lease(worker, jobId), outcome);
    expect(await mesh().told("finished", jobId)).toMatchObject([
      { jobId, lease: 1, workerId: worker.id, outcome: Outcome.RETURNED, lost: false, failedWorkerIds: [] },
    ]);
    const { result, ackSubject } = await mesh().claim(worker, jobId);
    expect(result).toEqual({ $case: "refusal", value: ClaimRefusal.EXCLUDED });
    expect(await mesh().told("retired", jobId)).toEqual([
      { jobId, ackSubject, redeliver: true, workerId: worker.id },
    ]);
    expect(await mesh().lease(generateIdentity(), jobId)).toBe(2);
  });

  it("a worker is blamed for its engine's failure when another one completes the job", async () => {
    const [failing, completing, jobId] = [generateIdentity(), generateIdentity(), await mesh().submit()];
    mesh().final(failing, jobId, await mesh().lease(failing, jobId), Outcome.FAILED);
    await mesh().told("finished", jobId);
    mesh().final(completing, jobId, await mesh().lease(completing, jobId), Outcome.COMPLETED);
    const told = await eventually("both ends are told", async () => {
      const found = await mesh().told("finished", jobId);
      return found.length === 2 && found;
    });
    expect(told[1]).toMatchObject({ outcome: Outcome.COMPLETED, failedWorkerIds: [failing.id] });
  });

  it("a final of another lease than the live one, or of another worker, ends nothing", async () => {
    const [worker, jobId] = [generateIdentity(), await mesh().submit()];
    const lease = await mesh().lease(worker, jobId);
    mesh().final(worker, jobId, lease + 1, Outcome.COMPLETED);
    mesh().final(generateIdentity(), jobId, lease, Outcome.COMPLETED);
    const { result } = await mesh().claim(generateIdentity(), jobId);
    expect(result).toEqual({ $case: "refusal", value: ClaimRefusal.ALREADY_LEASED });
    mesh().final(worker, jobId, lease, Outcome.COMPLETED);
    expect(await mesh().told("finished", jobId)).toMatchObject([{ lease, workerId: worker.id }]);
  });

  it("a job that is given up while it waits is told as such, without a lease or a worker", async () => {
    const jobId = await mesh().submit();
    mesh().giveUp(jobId);
    expect(await mesh().told("finished", jobId)).toMatchObject([
      { jobId, lease: 0, workerId: "", outcome: Outcome.CANCELLED, lost: false, serviceMs: 0 },
    ]);
    const { result } = await mesh().claim(generateIdentity(), jobId);
    expect(result).toEqual({ $case: "refusal", value: ClaimRefusal.UNKNOWN_JOB });
  });
}

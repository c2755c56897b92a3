import { generateIdentity, type MeshSigner, meshSignerOf } from "@flock/keys";
import { signedBy, TICKET_PURPOSE } from "@flock/mesh";
import { meshSigner } from "@flock/ports";
import { encode, PROTOCOL_VERSION, SUBJECTS } from "@flock/proto";
import { Claim, Ticket, WorkerControl } from "@flock/proto/jobs";
import type { Msg, MsgHdrs } from "@nats-io/nats-core";
import { DIGEST, MODEL } from "./fake-router.js";
import {
  addressOf,
  cleanups,
  connect,
  eventually,
  mesh,
  type Running,
  spec,
  startRequester,
  startWorker,
  submit,
  TEXT,
  type TestWorker,
  WORDS,
} from "./protocol-rig.js";
import { ScriptedRunner } from "./scripted-runner.js";

/* What arrives at a worker counts if the mesh has signed it, for this worker and for what it is. */

const NO_HEADERS = undefined;
/** In place of the server's: only the server may send those. */
const ACK_SUBJECT = "ack";

function cancelOf(jobId: string): Uint8Array {
  const command = { $case: "cancel", value: { jobId, lease: 1 } } as const;
  return encode(WorkerControl, { version: PROTOCOL_VERSION, command });
}

function ticketOf(jobId: string): Uint8Array {
  const ticket = { jobId, requesterId: "requester", model: MODEL, modelDigest: DIGEST };
  return encode(Ticket, Ticket.fromPartial({ version: PROTOCOL_VERSION, ...ticket }));
}

/** A worker that runs a job, and the job. */
async function running(
  meshKeys: () => readonly string[] = () => meshSigner.publicKeys,
): Promise<{ worker: TestWorker; job: Running; jobId: string }> {
  const worker = await startWorker(new ScriptedRunner(WORDS, { tokenMs: 10 }), 4, {}, { meshKeys });
  const job = submit(await startRequester(), spec());
  await eventually(() => job.chunks.length > 2);
  return { worker, job, jobId: job.handle.jobId };
}

function command({ identity }: TestWorker, message: Uint8Array, headers: MsgHdrs | undefined): void {
  const subject = SUBJECTS.control(identity.id);
  mesh.nats.publish(subject, message, headers === NO_HEADERS ? {} : { headers });
}

const foreign = meshSignerOf([generateIdentity()]);

describe("a command to a worker", () => {
  it.each<[string, (own: string, message: Uint8Array) => MsgHdrs | undefined]>([
    ["that nobody has signed", () => NO_HEADERS],
    ["that somebody else has signed", (own, message) => signedBy(foreign, own, message)],
    [
      "that the mesh has signed for another worker",
      (_, message) => signedBy(meshSigner, SUBJECTS.control("another"), message),
    ],
    ["that the mesh has signed as a ticket", (_, message) => signedBy(meshSigner, TICKET_PURPOSE, message)],
    ["with the signature of another one", (own) => signedBy(meshSigner, own, cancelOf("another job"))],
  ])("%s is not believed: the job goes on", async (_, headersOf) => {
    const { worker, job, jobId } = await running();
    const message = cancelOf(jobId);
    command(worker, message, headersOf(SUBJECTS.control(worker.identity.id), message));
    expect(await job.ended).toMatchObject({ outcome: "completed", leases: 1 });
    expect(job.text()).toBe(TEXT);
  });

  it("that the mesh has signed for it is obeyed", async () => {
    const { worker, job, jobId } = await running();
    const message = cancelOf(jobId);
    command(worker, message, signedBy(meshSigner, SUBJECTS.control(worker.identity.id), message));
    // Its requester did not ask for that: the job goes on with another lease.
    expect(await job.ended).toMatchObject({ outcome: "completed", leases: 2 });
  });

  it("is no answer to another worker's claim, which that one has had sent there", async () => {
    const { worker, job, jobId } = await running();
    const arrived: Msg[] = [];
    mesh.nats.subscribe(SUBJECTS.control(worker.identity.id), {
      callback: (_, msg) => void arrived.push(msg),
    });
    await mesh.nats.flush();
    const rogue = await connect();
    cleanups.push(() => rogue.close());
    const claim = Claim.fromPartial({ version: PROTOCOL_VERSION, jobId, workerId: "x", modelDigest: DIGEST });
    const subject = SUBJECTS.claim("x", await addressOf(jobId));
    rogue.nats.publish(subject, encode(Claim, claim), { reply: SUBJECTS.control(worker.identity.id) });
    const isSigned = ({ headers }: Msg): boolean => headers?.has("Flock-Signature") === true;
    await eventually(() => arrived.some((msg) => !isSigned(msg)));
    expect(await job.ended).toMatchObject({ outcome: "completed", leases: 1 });
  });
});

describe("a ticket that comes to a worker", () => {
  /** The way of a pull that waits, as whoever injects would have to guess it. */
  async function waiting(): Promise<{
    readonly worker: TestWorker;
    readonly way: string;
    readonly claims: Msg[];
  }> {
    const ways: string[] = [];
    const claims: Msg[] = [];
    const tap = await connect();
    cleanups.push(() => tap.close());
    tap.nats.subscribe("pull.*.*", { callback: (_, msg) => void ways.push(msg.string()) });
    tap.nats.subscribe("claim.*.requester", { callback: (_, msg) => void claims.push(msg) });
    await tap.nats.flush();
    const worker = await startWorker(new ScriptedRunner(WORDS), 1);
    return { worker, way: await eventually(() => ways[0]), claims };
  }

  const send = ({ identity }: TestWorker, way: string, message: Uint8Array, headers?: MsgHdrs): void =>
    mesh.nats.publish(SUBJECTS.delivery(identity.id, way), message, {
      reply: ACK_SUBJECT,
      ...(headers === undefined ? {} : { headers }),
    });

  it("is claimed if the mesh has signed it, and pulled anew if it has not", async () => {
    const { worker, way, claims } = await waiting();
    const forged = ticketOf("forged");
    send(worker, way, forged);
    send(worker, way, forged, signedBy(foreign, TICKET_PURPOSE, forged));
    send(worker, way, forged, signedBy(meshSigner, SUBJECTS.control(worker.identity.id), forged));
    send(worker, way, forged, signedBy(meshSigner, TICKET_PURPOSE, ticketOf("another")));
    const real = ticketOf("real");
    const subject = SUBJECTS.delivery(worker.identity.id, way);
    mesh.nats.publish(subject, real, {
      headers: signedBy(meshSigner, TICKET_PURPOSE, real),
      reply: ACK_SUBJECT,
    });
    await eventually(() => claims.length > 0);
    expect(claims.map(({ data }) => Claim.decode(data).jobId)).toEqual(["real"]);
  });
});

describe("while the mesh's key is replaced", () => {
  const [old, next] = [generateIdentity(), generateIdentity()];
  const cancelWith = (signer: MeshSigner, worker: TestWorker, jobId: string): void => {
    const message = cancelOf(jobId);
    command(worker, message, signedBy(signer, SUBJECTS.control(worker.identity.id), message));
  };

  it("a worker of before obeys what both keys have signed, and after its next session what the new one has", async () => {
    // The fake router's key, so that it gets its job.
    let known = [...meshSigner.publicKeys, old.id];
    const first = await running(() => known);
    cancelWith(meshSignerOf([next]), first.worker, first.jobId);
    await mesh.nats.flush();
    expect(first.worker.runtime.activeLeases).toBe(1);
    cancelWith(meshSignerOf([next, old]), first.worker, first.jobId);
    await eventually(() => first.worker.runtime.activeLeases === 0);
    await first.job.ended;

    known = [...meshSigner.publicKeys, next.id];
    const job = submit(await startRequester(), spec());
    await eventually(() => job.chunks.length > 2);
    cancelWith(meshSignerOf([old]), first.worker, job.handle.jobId);
    await mesh.nats.flush();
    expect(first.worker.runtime.activeLeases).toBe(1);
    cancelWith(meshSignerOf([next]), first.worker, job.handle.jobId);
    await eventually(() => first.worker.runtime.activeLeases === 0);
    await job.ended;
  });
});

import { passPullsOn } from "@flock/ports";
import { HEADERS, SUBJECTS, ticketConsumer } from "@flock/proto";
import type { ServedModel } from "@flock/proto/workers";
import { headers } from "@nats-io/nats-core";
import { DIGEST, MODEL } from "./fake-router.js";
import {
  cleanups,
  connect,
  eventually,
  mesh,
  spec,
  startRequester,
  startWorker,
  submit,
} from "./protocol-rig.js";
import { ScriptedRunner } from "./scripted-runner.js";

/* How a worker pulls: what it asks the router for, and what it makes of a refusal. */

const OTHER = "other:latest";
const RETRY_AFTER_MS = 700;

function served(name: string): ServedModel {
  return { name, digest: DIGEST, sizeBytes: 1, loaded: true, contextLength: 2_048 };
}

/** Pulls that are made, by consumer, in order. */
async function pulls(): Promise<
  { readonly consumer: string; readonly way: string; readonly atMs: number }[]
> {
  const seen: { consumer: string; way: string; atMs: number }[] = [];
  const tap = await connect();
  cleanups.push(() => tap.close());
  tap.nats.subscribe(SUBJECTS.allPulls, {
    callback: (_, msg) =>
      void seen.push({
        consumer: SUBJECTS.consumerOfPull(msg.subject),
        way: msg.string(),
        atMs: performance.now(),
      }),
  });
  await tap.nats.flush();
  return seen;
}

it("a worker keeps a pull of each model waiting for each free slot, and makes one of each anew after a job", async () => {
  const other = passPullsOn(mesh, ticketConsumer(OTHER));
  cleanups.push(async () => other.unsubscribe());
  const seen = await pulls();
  const { runtime } = await startWorker(new ScriptedRunner(["a", "b"]), 3);
  runtime.setModels([served(MODEL), served(OTHER)]);
  await eventually(() => seen.length === 6);
  expect(new Set(seen.map(({ way }) => way)).size).toBe(6);
  const job = submit(await startRequester(), spec());
  expect(await job.ended).toMatchObject({ outcome: "completed" });
  await eventually(() => seen.length >= 8);
  const made = seen.slice(6).map(({ consumer }) => consumer);
  expect(made.sort()).toEqual([MODEL, OTHER].map((model) => ticketConsumer(model)).sort());
});

it("a worker that is refused comes again when it was told to, not before, whatever happens to its slots meanwhile", async () => {
  let refused = 0;
  const gate = mesh.nats.subscribe(SUBJECTS.pull("*", ticketConsumer(OTHER)), {
    callback: (_, msg) => {
      const refusal = headers(429, "Too Many Pulls");
      refusal.set(HEADERS.retryAfterMs, String(RETRY_AFTER_MS));
      const delivery = SUBJECTS.delivery(SUBJECTS.workerOf(msg.subject), msg.string());
      mesh.nats.publish(delivery, "", { headers: refusal });
      refused += 1;
    },
  });
  cleanups.push(async () => gate.unsubscribe());
  const seen = await pulls();
  const { runtime, mesh: own } = await startWorker(new ScriptedRunner(["a"]), 2);
  runtime.setModels([served(OTHER)]);
  const ofOther = () => seen.filter(({ consumer }) => consumer === ticketConsumer(OTHER));
  await eventually(() => refused >= 2);
  // Until both refusals have come: what is sent is answered behind them.
  await mesh.nats.flush();
  await own.nats.flush();
  runtime.pause();
  runtime.resume();
  await eventually(() => ofOther().length >= 4);
  const [first, , third] = ofOther();
  expect((third?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThan(RETRY_AFTER_MS * 0.9);
});

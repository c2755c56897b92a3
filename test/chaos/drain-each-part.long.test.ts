import {
  ClientLoad,
  completedJobs,
  describeEnd,
  eventually,
  type LoadRequest,
  TestMesh,
} from "@flock/harness";
import type { Role } from "@flock/launcher";
import { STORY_PROMPTS } from "../e2e/story-prompts.js";

const PARTS: readonly Role[] = ["worker", "router", "ledger", "api"];
const REQUESTS: readonly LoadRequest[] = STORY_PROMPTS.map((prompt, index) => ({
  path: "/api/generate",
  body: {
    model: "flock-tiny",
    prompt,
    stream: index % 3 !== 0,
    options: { temperature: 0, num_predict: 60 },
  },
}));

describe("asking every part to end, under load", () => {
  let mesh: TestMesh;
  let load: ClientLoad;
  beforeAll(async () => {
    mesh = await TestMesh.start({ workers: 2, workerSlots: 4 });
    const alice = await mesh.account("alice");
    load = new ClientLoad(
      Array.from({ length: 8 }, () => alice.client),
      REQUESTS,
    );
  }, 180_000);
  afterAll(async () => {
    await load?.stop();
    await mesh?.stop();
  }, 90_000);

  async function served(count: number): Promise<void> {
    const sinceMs = performance.now();
    await eventually(`${count} requests to be served`, () => load.completeSince(sinceMs) >= count, {
      timeoutMs: 60_000,
    });
  }

  it.each(PARTS)(
    "%s finishes what it has begun, and the next one goes on",
    async (role) => {
      await served(8);
      const before = mesh.pids(role).length;
      await mesh.untilBack(role, await mesh.signal(role, "SIGTERM"), before);
      await served(8);
    },
    120_000,
  );

  it("no answer that was begun was broken off, and each is charged once", async () => {
    await load.stop();
    const { records } = load;
    const brokenOff = records.filter(
      // An api that is away or leaving is told by the connection, or by 503: neither is an answer that was begun.
      ({ answer, end }) => end.kind !== "complete" && answer.status !== 0 && answer.status !== 503,
    );
    expect(brokenOff.map(({ end }) => describeEnd(end))).toEqual([]);
    const told = new Set((await completedJobs(await mesh.connection())).map(({ jobId }) => jobId));
    const complete = records.filter(({ end }) => end.kind === "complete").map(({ answer }) => answer.jobId);
    expect(complete.filter((jobId) => !told.has(jobId))).toEqual([]);
    const books = await mesh.books();
    await eventually("all of them to be settled", async () => {
      return (await books.settlements(complete)).length === complete.length;
    });
  }, 60_000);
});

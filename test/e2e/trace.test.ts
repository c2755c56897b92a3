import { randomBytes } from "node:crypto";
import { eventually, type LogLine, TestMesh, whole } from "@flock/harness";
import { STORY_PROMPTS } from "./story-prompts.js";

const PROMPT = "Tell me a long story about a llama.";

/** A step of a request's way, as one line of one part's log. */
interface Step {
  readonly part: string;
  readonly msg: string;
  readonly subject?: string;
}

const HOLD: Step = { part: "ledger", msg: "call answered", subject: "svc.ledger.hold" };
const ROUTE: Step = { part: "router", msg: "call answered", subject: "svc.router.route" };
const TICKET: Step = { part: "router", msg: "ticket published" };
const GRANT: Step = { part: "api", msg: "lease granted" };
const GRANT_HEARD: Step = { part: "router", msg: "lease granted" };
const JOB_ENDED: Step = { part: "api", msg: "job ended" };
const LEASE_ENDED: Step = { part: "router", msg: "lease ended" };
const SETTLED: Step = { part: "ledger", msg: "job end booked" };
const ANSWERED: Step = { part: "api", msg: "request" };

describe("the trace of a request", () => {
  let mesh: TestMesh;
  beforeAll(async () => {
    mesh = await TestMesh.start({ workers: 2, logLevel: "debug" });
  }, 180_000);
  afterAll(() => mesh?.stop(), 60_000);

  function newTrace() {
    const traceId = randomBytes(16).toString("hex");
    return { traceId, headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01` } };
  }

  function linesOf({ part, msg, subject }: Step, traceId: string): LogLine[] {
    const isSubject = (line: LogLine) => subject === undefined || line["subject"] === subject;
    return mesh
      .log(part)
      .filter((line) => line["msg"] === msg && line["traceId"] === traceId && isSubject(line));
  }

  async function expectSteps(steps: readonly Step[], traceId: string): Promise<void> {
    for (const step of steps)
      await eventually(`a line of ${step.part}: ${step.msg}`, () => linesOf(step, traceId).length > 0);
  }

  /** The workers that ran a job of the trace, by what their logs say. */
  function runsOf(traceId: string, msg: "run began" | "run ended"): string[] {
    return ["worker-1", "worker-2"].filter((part) => linesOf({ part, msg }, traceId).length > 0);
  }

  it("is in the log of every part that the request goes through, from the client's header to the books", async () => {
    const { traceId, headers } = newTrace();
    const body = { model: mesh.model, prompt: PROMPT, options: { num_predict: 8 } };
    const { jobId } = await whole(mesh.demo.post("/api/generate", body, headers));
    const steps = [
      HOLD,
      ROUTE,
      TICKET,
      GRANT,
      GRANT_HEARD,
      JOB_ENDED,
      LEASE_ENDED,
      SETTLED,
      ANSWERED,
    ] as const;
    await expectSteps(steps, traceId);
    await eventually("the worker's last line", () => runsOf(traceId, "run ended").length === 1);
    expect(runsOf(traceId, "run began")).toHaveLength(1);
    const jobIds = [TICKET, GRANT, GRANT_HEARD, JOB_ENDED, LEASE_ENDED, SETTLED].flatMap((step) =>
      linesOf(step, traceId).map((line) => line["jobId"]),
    );
    expect(new Set(jobIds)).toEqual(new Set([jobId]));
  }, 60_000);

  it("goes on at the worker that continues the answer of a lost one", async () => {
    const { traceId, headers } = newTrace();
    const body = { model: mesh.model, prompt: PROMPT, options: { num_predict: 400, temperature: 0 } };
    // The engine has others to answer, too: so there is time to kill a worker in the middle.
    const others = STORY_PROMPTS.slice(0, 6).map((prompt) => whole(mesh.demo.generate({ ...body, prompt })));
    const answer = mesh.demo.post("/api/generate", body, headers);
    const first = await eventually("a worker to run the job", () => runsOf(traceId, "run began")[0]);
    await mesh.killAndAwaitReturn("worker", first === "worker-1" ? 0 : 1);
    await Promise.all([whole(answer), ...others]);
    await expectSteps([JOB_ENDED, SETTLED, ANSWERED], traceId);
    expect(linesOf(TICKET, traceId).length).toBeGreaterThan(1);
    expect(linesOf(GRANT, traceId).map((line) => line["lease"])).toEqual([1, 2]);
    expect(linesOf({ part: "api", msg: "lease ended before its job" }, traceId)).toHaveLength(1);
    await eventually("the second run's last line", () => runsOf(traceId, "run ended").length === 1);
  }, 60_000);

  it("is a new one for a client that sends none, or sends what is none", async () => {
    const body = { model: mesh.model, prompt: PROMPT, options: { num_predict: 2 } };
    const { jobId } = await whole(mesh.demo.post("/api/generate", body, { traceparent: "nonsense\u00e9" }));
    const line = await eventually("the request's line", () =>
      mesh.log("api").find((entry) => entry["requestId"] === jobId),
    );
    const traceId = String(line["traceId"]);
    expect(traceId).toMatch(/^[0-9a-f]{32}$/);
    await expectSteps([HOLD, ROUTE, TICKET, SETTLED], traceId);
  }, 60_000);
});

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { eventually, type TestAccount, TestMesh, whole } from "@flock/harness";
import { loadIdentity } from "@flock/keys";
import { nodeEnvironment, REPOSITORY_ROOT } from "@flock/provision";
import { STORY_PROMPTS } from "./story-prompts.js";

const run = promisify(execFile);
const FLOCK = join(REPOSITORY_ROOT, "tools/flock/dist/main.js");
const SLOTS = 20;
/** As long as a lease may be silent, and as the router takes to hand it on. */
const ELSEWHERE_MS = 5_000;

describe("a worker of npm start whose wallet is banned", () => {
  let mesh: TestMesh;
  let alice: TestAccount;
  let wallet: string;
  beforeAll(async () => {
    mesh = await TestMesh.start({ workers: 2, workerSlots: SLOTS });
    alice = await mesh.account("alice");
    wallet = (await loadIdentity(join(mesh.dataDir, "workers/worker-1.json"))).id;
  }, 180_000);
  afterAll(() => mesh?.stop(), 60_000);

  /** As the mesh's operator types it. */
  const flock = async (...args: string[]): Promise<string> => {
    const all = [FLOCK, "--data-dir", mesh.dataDir, ...args];
    return (await run(process.execPath, all, { env: nodeEnvironment() })).stdout;
  };
  const said = (text: string): string[] => mesh.output.split("\n").filter((line) => line.includes(text));

  it("ends, and its jobs go on elsewhere: no client notices", async () => {
    await mesh.control("worker-2", "pause");
    const bodies = Array.from({ length: SLOTS }, (_, index) => ({
      ...{ model: mesh.model, prompt: STORY_PROMPTS[index % STORY_PROMPTS.length], stream: true },
      options: { temperature: 0, num_predict: 400 },
    }));
    const answers = bodies.map((body) => alice.client.generate(body));
    await Promise.all(answers.map((answer) => answer.until("its first words", (so) => so.lines.length > 1)));
    await mesh.control("worker-2", "resume");
    const running = () => answers.filter(({ endedMs }) => endedMs === undefined);
    let isRevoked = false;
    // However long the command takes, there is work at that moment.
    const busy = bodies.map(async (body, index) => {
      await answers[index]?.ended;
      while (!isRevoked) {
        const next = alice.client.generate(body);
        answers.push(next);
        await next.ended;
      }
    });
    await flock("access", "revoke", wallet, "--reason", "it was hostile");
    isRevoked = true;
    expect(running().length).toBeGreaterThan(0);
    const goOn = async () => {
      const leases = await mesh.activeLeases("worker-2");
      return leases > 0 && leases >= running().length;
    };
    await eventually("all of its jobs to go on at worker-2", goOn, { timeoutMs: ELSEWHERE_MS });
    await Promise.all(busy);
    const wholes = await Promise.all(answers.map(whole));
    expect(
      wholes.map(({ doneReason }) => doneReason).filter((reason) => !/^(stop|length)$/.test(reason)),
    ).toEqual([]);
  }, 120_000);

  it("is not started again, and the launcher says once why and what brings it back", async () => {
    const [line = "", ...more] = await eventually("the launcher to say so", () => {
      const lines = said("worker-1 ended (exit code 3)");
      return lines.length > 0 && lines;
    });
    expect(more).toEqual([]);
    expect(line).toContain("is not started again: its wallet is banned");
    expect(line).toContain(`flock admin access readmit ${wallet}`);
    expect(said("worker-1 is back")).toEqual([]);
    expect(mesh.pids("worker")).toHaveLength(1);
    const fatal = mesh.log("worker-1").filter(({ level }) => level === "fatal");
    expect(JSON.stringify(fatal)).toContain("it was hostile");
  }, 60_000);

  it("keeps no mesh from starting, which works with the others", async () => {
    expect(await mesh.interrupt()).toBe(0);
    await mesh.startAgain();
    expect(said("worker-1 is not started: its wallet is banned")).toHaveLength(1);
    expect(mesh.pids("worker")).toHaveLength(1);
    const body = { model: mesh.model, prompt: "Once upon a time", stream: false };
    expect((await whole(mesh.demo.generate(body))).text).not.toBe("");
  }, 120_000);

  it("comes back when it is readmitted and the mesh starts anew", async () => {
    await flock("access", "readmit", wallet);
    expect(await mesh.interrupt()).toBe(0);
    await mesh.startAgain();
    expect(mesh.pids("worker")).toHaveLength(2);
    await mesh.control("worker-2", "pause");
    const body = { model: mesh.model, prompt: "Once upon a time", stream: false };
    expect((await whole(mesh.demo.generate(body))).text).not.toBe("");
  }, 120_000);
});

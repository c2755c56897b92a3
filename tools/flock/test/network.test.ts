import { join } from "node:path";
import { createTestDirectory, type TestDirectory } from "@flock/provision/testing";
import { FakeApi } from "../src/transcripts/fake-api.js";
import { type Run, runHere } from "./run-here.js";

const MODEL = {
  name: "able:7b",
  digest: "d",
  context_length: null,
  capabilities: ["completion", "tools"],
  prompt_price_micro: "2",
  completion_price_micro: "6",
  is_available: true,
};
const MEASURED = {
  ...MODEL,
  workers: { all: 4, warm: 3 },
  slots: { all: 8, busy: 8 },
  waiting: 0,
  wait_ms: { p50: 0, p90: 1_500, n: 9 },
  tokens_per_second: { p50: 30, p90: 30, n: 9 },
};

describe("what the network tells of itself", () => {
  const api = new FakeApi();
  let directory: TestDirectory;

  beforeAll(async () => {
    directory = await createTestDirectory();
    await api.start();
    await flock("wallet", "create");
  });
  afterAll(async () => {
    await api.stop();
    await directory.remove();
  });

  const flock = (...args: string[]): Promise<Run> =>
    runHere([...args, "--data-dir", directory.path], {
      FLOCK_API_URL: api.url,
      FLOCK_WALLET: join(directory.path, "wallet.json"),
    });

  it("draws what nobody knows as unknown, and never as 0", async () => {
    api.answer("GET /models", { models: [MODEL, { ...MEASURED, name: "b:1b" }] });
    const [, unknown, known] = (await flock("models")).stdout.split("\n").map((line) => line.split(/ {2,}/));
    expect(unknown).toEqual(["able:7b", "2", "6", "some", "?", "?", "?", "?", "completion,tools"]);
    expect(known).toEqual(["b:1b", "2", "6", "0 of 8", "0", "0.0–1.5 s", "30", "?", "completion,tools"]);
  });

  it("tells everything of one model, as an older network does as far as it can", async () => {
    api.answer("GET /models", { models: [MODEL] });
    expect((await flock("models", "ABLE:7b")).stdout).toMatch(/^free slots +some$/m);
    api.answer("GET /models/able:7b", {
      model: { ...MEASURED, hardware: [{ class: "gpu-24", workers: 4 }] },
    });
    const { stdout } = await flock("models", "able:7b");
    for (const line of [/^hardware +4 × gpu-24$/m, /^wait +0.0–1.5 s, of 9 in the last half hour$/m])
      expect(stdout).toMatch(line);
    expect((await flock("models", "abel:7b")).stderr).toContain("did you mean able:7b?");
  });

  it("tells how it is, and of an older one what there is to tell", async () => {
    api.answer("GET /models", { models: [MODEL] });
    expect((await flock("status")).stdout).toMatch(/^workers +\?$/m);
    api.answer("GET /network", {
      ...{ chain: null, genesis_hash: null, guests: { requests_per_minute: 20, completion_tokens_max: 512 } },
      live: { workers: 5, slots: { all: 9, busy: 2 }, waiting: 0, tokens_per_second: 61.4 },
    });
    api.answer("GET /status", {
      services: [{ name: "router", state: "degraded", instances: 1, since: null, note: "late" }],
      incidents: [{ service: "router", ended_at: null, effect: "answers are late" }],
      payouts: { halted: true, reason: "a doubt", since: "2026-11-22T10:00:00.000Z" },
    });
    const { stdout } = await flock("status");
    for (const line of [
      /^slots busy +2 of 9$/m,
      /^guests +20 requests a minute$/m,
      /^payouts +halted since 2026-11-22 10:00:00: a doubt$/m,
      /^router +degraded +late$/m,
      /^incident, router: answers are late$/m,
    ])
      expect(stdout).toMatch(line);
  });

  it("tells why a free slot of one's worker got no job, and what helps", async () => {
    const worker = {
      ...{
        worker_id: "w1",
        state: "paused",
        last_seen_at: null,
        models: [{ name: "able:7b", loaded: true }],
      },
      ...{ slots: 2, active: 0, breaker: "closed", cut_off_until: null, banned: null },
      standing: {
        state: "watched",
        since: null,
        reason: "2 of 60 answers\u001b[2J differed",
        checked_jobs: 60,
      },
      no_job: [{ reason: "paused", seconds: 1_800 }],
    };
    api.answer("GET /workers", { workers: [worker] });
    const { stdout, stderr } = await flock("worker", "list");
    expect(stdout).toMatch(/^w1 +paused +0\/2 +paused 30 min +able:7b \(loaded\) +closed +watched +60$/m);
    expect(stderr).toBe("w1 is watched: 2 of 60 answers [2J differed\npaused: flock worker resume\n");
  });

  it("keeps what strangers named from commanding the terminal", async () => {
    api.answer("GET /models", { models: [{ ...MODEL, name: "a\u001b[2Jb" }] });
    expect((await flock("models")).stdout).toContain("a [2Jb ");
    expect((await flock("models", "a[2Jb")).stderr).not.toContain("\u001b");
  });
});

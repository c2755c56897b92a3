import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeBundle } from "@flock/evidence";
import { syntheticBundle } from "@flock/evidence/testing";
import { connectMesh, type Mesh, method, serve } from "@flock/mesh";
import { createLogger, createMetrics } from "@flock/observability";
import { PROTOCOL_VERSION } from "@flock/proto";
import {
  type LoadCalibrationRequest,
  type RuleRequest,
  VERIFIER,
  VerdictState,
  VerdictSummary,
} from "@flock/proto/verifier";
import {
  createTestDirectory,
  startTestNats,
  type TestDirectory,
  type TestNats,
} from "@flock/provision/testing";
import { FakeApi } from "../src/transcripts/fake-api.js";
import { type Run, runHere } from "./run-here.js";

const ID = "12345678-1234-1234-1234-123456789abc";
const BUNDLE = syntheticBundle({ verdictId: ID, workerId: "w-aaaaaaaaaaaa" });
const VERDICT = {
  ...{ id: ID, kind: "quarantine", state: "final", worker: "w-aaaaaaaaaaaa", worker_id: null },
  ...{ model: "flock-tiny:latest", reached_at: "2026-11-29T10:00:00.000Z", jobs: 2 },
};
const TRUST = {
  jobs: { seen: 900, drawn: 90, checked: 80, same: 70, different: 4, undetermined: 6 },
  floor_bps: 500,
  workers: [{ state: "proven", workers: 3 }],
  calibration: [],
  last_day: { check_tokens: 40, job_tokens: 1_000 },
  draw_days: [],
};

describe("checked work at the command line", () => {
  const api = new FakeApi();
  let directory: TestDirectory;
  beforeAll(async () => {
    directory = await createTestDirectory();
    await api.start();
    api.answer("GET /trust", TRUST);
    api.answer("GET /trust/verdicts", { verdicts: [VERDICT], next_cursor: null });
    api.answer(`GET /trust/verdicts/${ID}`, { verdict: VERDICT });
    api.answer(`GET /trust/verdicts/${ID}/evidence`, BUNDLE);
  });
  afterAll(async () => {
    await api.stop();
    await directory.remove();
  });
  const flock = (...args: string[]): Promise<Run> =>
    runHere([...args, "--data-dir", directory.path], { FLOCK_API_URL: api.url });
  const inFile = async (text: string) => {
    const file = join(directory.path, "verdict.json");
    await writeFile(file, text);
    return flock("verify", "verdict", file, "--json");
  };

  it("is told without a wallet, and that nothing is calibrated is said", async () => {
    const { stdout, stderr } = await flock("trust");
    expect(stdout).toMatch(/drawn of proven workers' jobs +5\.00 %\n/);
    expect(stdout).toMatch(/tokens that checks took, last day +40 of 1000, 4\.00 %\n/);
    expect(stderr).toContain("nothing is calibrated");
    expect(JSON.parse((await flock("trust", "--json")).stdout)).toEqual(TRUST);
    expect((await flock("trust", "verdicts")).stdout).toContain(`${ID}  quarantine  final`);
  });

  it("computes a verdict again from what the network publishes, and from a file without any network", async () => {
    const { code, stdout } = await flock("verify", "verdict", ID);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/the verdict follows from its evidence/)]);
    const offline = await inFile(Buffer.from(writeBundle(BUNDLE)).toString());
    expect(JSON.parse(offline.stdout)).toMatchObject({
      ...{ verified: true, verdict: "quarantine", worker: "w-aaaaaaaaaaaa" },
      jobs: [{ found: "different" }, { found: "different" }],
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  it.each([
    ["that leads to another verdict", { ...BUNDLE, verdict: "conviction" }, /lead to quarantine, not to/],
    [
      "whose jobs come out otherwise",
      { ...BUNDLE, jobs: [{ ...BUNDLE.jobs[0], verdict: "same" }] },
      /otherwise/,
    ],
    ["that is none", {}, /evidence\.format/],
  ])("ends with 7 for evidence %s", async (_what, bundle, words) => {
    const { code, stdout, stderr } = await inFile(JSON.stringify(bundle));
    expect({ code, stdout }).toEqual({ code: 7, stdout: "" });
    expect(stderr).toMatch(words);
  });

  it("ends with 7 when the network tells of another verdict, and with 4 for no file", async () => {
    api.answer(`GET /trust/verdicts/${ID}`, { verdict: { ...VERDICT, kind: "conviction" } });
    expect(await flock("verify", "verdict", ID)).toMatchObject({ code: 7, stdout: "" });
    expect((await flock("verify", "verdict", join(directory.path, "none"))).code).toBe(4);
  });
});

/** Against a real nats-server, with a fake verifier behind it. */
describe("the verifier's operator", () => {
  let nats: TestNats;
  let mesh: Mesh;
  let directory: TestDirectory;
  let served: Promise<void>;
  const stop = new AbortController();
  const rulings: RuleRequest[] = [];
  const loads: LoadCalibrationRequest[] = [];
  beforeAll(async () => {
    directory = await createTestDirectory();
    nats = await startTestNats();
    const logger = createLogger("test", "silent");
    mesh = await connectMesh({ natsUrl: nats.url, name: "test", logger, meter: createMetrics("test").meter });
    served = serve(mesh, "verifier", [
      method(VERIFIER.rule, (request) => {
        rulings.push(request);
        const state = request.isUpheld ? VerdictState.DUE : VerdictState.OVERTURNED;
        return { version: PROTOCOL_VERSION, summary: VerdictSummary.fromPartial({ state }) };
      }),
      method(VERIFIER.loadCalibration, (request) => {
        loads.push(request);
        return { version: PROTOCOL_VERSION, loaded: request.cells.length };
      }),
    ]).start(stop.signal);
    await mesh.nats.flush();
  });
  afterAll(async () => {
    stop.abort();
    await served;
    await mesh.close();
    await nats.stop();
    await directory.remove();
  });
  const admin = (...args: string[]): Promise<Run> => runHere(["admin", ...args, "--nats-url", nats.url], {});

  it("upholds and overturns verdicts, with a reason and one of the two", async () => {
    const rule = (...how: string[]) => admin("rule", ID, ...how, "--reason", "an appeal", "--yes");
    expect((await rule("--uphold")).stdout).toBe("the verdict is due\n");
    expect((await rule("--overturn")).stdout).toBe("the verdict is overturned\n");
    expect(rulings.map(({ verdictId, isUpheld, reason }) => [verdictId, isUpheld, reason])).toEqual([
      [ID, true, "an appeal"],
      [ID, false, "an appeal"],
    ]);
    expect((await rule()).code).toBe(2);
    expect((await rule("--uphold", "--overturn")).code).toBe(2);
    expect((await admin("rule", ID, "--uphold", "--reason", "x", "--dry-run")).code).toBe(0);
    expect(rulings).toHaveLength(2);
  });

  it("loads calibration, and is told what is wrong with it", async () => {
    const file = join(directory.path, "cells.json");
    const cell = {
      ...{ modelDigest: "d".repeat(64), engine: "ollama/0.33", hardware: "cpu" },
      ...{ positions: 1_989, mismatches: 0, measuredUnixMs: 5 },
    };
    await writeFile(file, JSON.stringify({ cells: [cell] }));
    expect((await admin("calibration", "load", file)).stdout).toBe("1 cells are loaded\n");
    expect(loads[0]?.cells).toMatchObject([{ ...cell, speculation: "none", frozenUntilUnixMs: 0 }]);
    await writeFile(file, JSON.stringify({ cells: [{ ...cell, engine: "" }] }));
    const { code, stderr } = await admin("calibration", "load", file);
    expect([code, stderr]).toEqual([2, expect.stringContaining("cells.0.engine")]);
  });
});

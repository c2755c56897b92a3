import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { syntheticId, writeSyntheticEpoch } from "@flock/epochs/testing";
import { createTestDirectory, type TestDirectory } from "@flock/provision/testing";
import { FakeApi } from "../src/transcripts/fake-api.js";
import { type Run, runHere } from "./run-here.js";

describe("flock epochs", () => {
  const api = new FakeApi();
  let directory: TestDirectory;
  let root: string;
  let statement = "";

  beforeAll(async () => {
    directory = await createTestDirectory();
    await api.start();
    ({ root } = writeSyntheticEpoch({ jobs: 500, workers: 5, accounts: 7, stakers: 3, seed: 1 }, (line) => {
      statement += line;
    }));
    api.answer("GET /epochs/0/statement", statement);
  });
  afterAll(async () => {
    await api.stop();
    await directory.remove();
  });

  const flock = (...args: string[]): Promise<Run> =>
    runHere([...args, "--data-dir", directory.path], { FLOCK_API_URL: api.url });
  const epoch = {
    number: 0,
    state: "anchored",
    starts_at: "2026-11-22T00:00:00.000Z",
    ends_at: "2026-11-22T00:01:00.000Z",
    closes_at: "2026-11-22T00:01:30.000Z",
    parameters_version: 1,
    statement_root: "ab",
    statement_lines: 7,
    anchor_signature: "anchor",
  };

  it("are listed and shown without a wallet", async () => {
    api.answer("GET /epochs", { epochs: [epoch], next_cursor: null });
    expect((await flock("epochs", "list")).stdout).toBe(
      "epoch  state     from (UTC)           to                   root\n" +
        "    0  anchored  2026-11-22 00:00:00  2026-11-22 00:01:00  ab\n",
    );
    api.answer("GET /epochs/0", epoch);
    expect((await flock("epochs", "show", "0")).stdout).toContain("anchored by              anchor\n");
    expect(JSON.parse((await flock("epochs", "show", "0", "--json")).stdout)).toEqual(epoch);
  });

  it("have statements that are written as they are, to a file or out", async () => {
    const file = join(directory.path, "epoch-0.jsonl");
    const bytes = Buffer.byteLength(statement);
    expect((await flock("epochs", "statement", "0", "--out", file)).stdout).toBe(
      `wrote ${bytes} bytes to ${file}\n`,
    );
    expect(await readFile(file, "utf8")).toBe(statement);
    expect((await flock("epochs", "statement", "0")).stdout).toBe(statement);
    expect((await flock("epochs", "statement", "1")).stderr).toBe(
      "flock: path /epochs/1/statement not found\n",
    );
  });

  it("prove what a worker, an account and a staker got, offline", async () => {
    const file = join(directory.path, "epoch.jsonl");
    await flock("epochs", "statement", "0", "--out", file);
    await api.stop();
    const proving = ["epochs", "prove", "--statement", file, "--root", root];
    for (const kind of ["worker", "account", "staker"] as const) {
      const id = syntheticId(kind, 1);
      const { code, stdout } = await flock(...proving, `--${kind}`, id);
      expect([kind, code]).toEqual([kind, 0]);
      expect(stdout).toContain(`lines hash to ${root}\n${kind} ${id}, `);
    }
    const json = JSON.parse((await flock(...proving, "--worker", syntheticId("worker", 1), "--json")).stdout);
    expect(json).toMatchObject({ proven: true, root, line: { worker: syntheticId("worker", 1) } });
    const wrongRoot = await flock(
      "epochs",
      "prove",
      "--statement",
      file,
      "--root",
      "0".repeat(64),
      "--worker",
      "w",
    );
    expect(wrongRoot.code).toBe(4);
    expect((await flock(...proving)).stderr).toBe(
      "flock: whose? one of --worker, --account and --staker is needed\n",
    );
    expect((await flock("epochs", "prove", "--statement", file, "--root", "x", "--worker", "w")).stderr).toBe(
      "flock: --root: 64 hex digits are needed\n",
    );
    await api.start();
  });

  it("have proofs for those who have no statement", async () => {
    const file = join(directory.path, "epoch.jsonl");
    const proof = join(directory.path, "proof.json");
    await writeFile(file, statement);
    const id = syntheticId("worker", 1);
    const proving = ["epochs", "prove", "--statement", file, "--root", root, "--worker", id];
    const [, ...amounts] = (await flock(...proving)).stdout.split("\n");
    expect((await flock(...proving, "--compact", proof)).stdout).toContain(`wrote the proof to ${proof}\n`);
    const verified = await flock("verify", "epoch", "--proof", proof, "--root", root);
    const [evidence, ...shown] = verified.stdout.split("\n");
    expect(evidence).toMatch(new RegExp(`^epoch \\d+: the proof leads to ${root}$`));
    expect(shown).toEqual(amounts);
    const other = await flock("verify", "epoch", "--proof", proof, "--root", "0".repeat(64));
    expect([other.code, other.stderr]).toEqual([7, expect.stringContaining(`leads to the root ${root}`)]);
  });
});

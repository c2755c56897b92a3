import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTree, workerIssuer } from "@flock/access";
import { readEnrolment, readFacts } from "@flock/enrolment";
import { generateIdentity } from "@flock/keys";
import { base58 } from "@scure/base";
import { FakeEnrolmentApi } from "../../../../packages/enrolment/test/fake-enrolment-api.js";
import { runCli } from "../../src/cli/run-cli.js";
import { FakeProcess } from "./fake-process.js";

const wallet = generateIdentity();
let api: FakeEnrolmentApi;
let directory: string;
beforeAll(async () => {
  api = await FakeEnrolmentApi.start({
    issuer: workerIssuer(createTree()),
    natsUrls: ["nats://127.0.0.1:1"],
  });
});
afterAll(() => api.stop());
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "flock-worker-"));
});
afterEach(() => rm(directory, { recursive: true }));

async function run(...args: readonly string[]) {
  const host = new FakeProcess({ XDG_DATA_HOME: directory });
  const code = await runCli(args, host, "1.2.3");
  return { code, stdout: host.stdout.text, stderr: host.stderr.text };
}

describe("flock-worker enrol", () => {
  it("prints the text for the wallet, takes its signature, and keeps both where the worker looks", async () => {
    const file = join(directory, "enrolment.json");
    const payout = generateIdentity().id;
    const named = ["enrol", "--api", api.url, "--wallet", wallet.id, "--enrolment", file, "--payout", payout];
    const first = await run(...named);
    expect([first.code, first.stderr]).toEqual([0, expect.stringContaining("is to sign this text")]);
    const text = first.stdout.trimEnd();
    expect(readFacts(text)).toMatchObject({ api: api.url, wallet: wallet.id, payout });
    const signature = base58.encode(wallet.sign(Buffer.from(text)));
    const second = await run(...named, "--signature", signature);
    expect([second.code, second.stdout]).toEqual([0, expect.stringContaining("is enrolled until")]);
    expect((await readEnrolment(file))?.delegation?.text).toBe(text);
  });

  it.each([
    [["enrol"], "which network?"],
    [["enrol", "--api", "https://api.example"], "which wallet?"],
    [["--signature", "x"], "--signature belongs to flock-worker enrol"],
  ])("says what it lacks: %j", async (args, words) => {
    expect(await run(...args)).toMatchObject({ code: 2, stderr: expect.stringContaining(words) });
  });
});

import { stat } from "node:fs/promises";
import { join } from "node:path";
import { createTree, workerIssuer } from "@flock/access";
import { readEnrolment, readFacts } from "@flock/enrolment";
import { generateIdentity } from "@flock/keys";
import { createTestDirectory, type TestDirectory } from "@flock/provision/testing";
import { base58 } from "@scure/base";
import { FakeEnrolmentApi } from "../../../packages/enrolment/test/fake-enrolment-api.js";
import { runHere } from "./run-here.js";

const wallet = generateIdentity();
let api: FakeEnrolmentApi;
let directory: TestDirectory;
let file: string;
beforeAll(async () => {
  const issuer = workerIssuer(createTree());
  api = await FakeEnrolmentApi.start({ issuer, natsUrls: ["nats://127.0.0.1:4222"] });
});
afterAll(() => api.stop());
beforeEach(async () => {
  directory = await createTestDirectory();
  file = join(directory.path, "enrolment.json");
});
afterEach(() => directory.remove());

function enrol(args: readonly string[] = [], input = "") {
  const names = ["--api", api.url, "--wallet", wallet.id, "--file", file];
  return runHere(["worker", "enrol", ...names, ...args], {}, { input });
}

/** The wallet signs what was printed, on another machine. */
function signatureOver(printed: string): string {
  return base58.encode(wallet.sign(Buffer.from(printed.replace(/\n$/, ""))));
}

describe("flock worker enrol", () => {
  it("prints the text for the wallet, and takes its signature in a second step", async () => {
    const payout = generateIdentity().id;
    const first = await enrol(["--payout", payout, "--days", "30"]);
    expect([first.code, first.stderr]).toEqual([0, expect.stringContaining("is to sign this text")]);
    const facts = readFacts(first.stdout.replace(/\n$/, ""));
    expect(facts).toMatchObject({ api: api.url, wallet: wallet.id, payout });
    expect(facts.expiresMs - facts.issuedMs).toBe(30 * 86_400_000);
    const { key, draft, delegation } = (await readEnrolment(file)) ?? {};
    expect([key?.id, draft, delegation]).toEqual([facts.key, first.stdout.trimEnd(), undefined]);

    const second = await enrol(["--signature", signatureOver(first.stdout)]);
    expect([second.code, second.stdout]).toEqual([0, expect.stringContaining("is enrolled until")]);
    const kept = await readEnrolment(file);
    expect([kept?.key.id, kept?.draft, kept?.delegation?.text]).toEqual([facts.key, undefined, draft]);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it("reads the signature from standard input, and keeps the key and the old delegation until then", async () => {
    const first = await enrol();
    await enrol(["--signature", "-"], `${signatureOver(first.stdout)}\n`);
    const before = await readEnrolment(file);
    const again = await enrol();
    expect(await readEnrolment(file)).toMatchObject({ delegation: before?.delegation });
    expect((await enrol(["--signature", "-"], signatureOver(again.stdout))).code).toBe(0);
    const after = await readEnrolment(file);
    expect(after?.key.id).toBe(before?.key.id);
    expect(after?.delegation?.text).not.toBe(before?.delegation?.text);
  });

  it.each<[string, number, readonly string[], string]>([
    ["the wallet is no address", 2, ["--wallet", "nobody"], "--wallet <address>: "],
    ["the payee has no key", 2, ["--payout", "1".repeat(32)], "--payout: "],
    ["it is to last for ever", 2, ["--days", "365"], "--days is a whole number from 1 to 90"],
    ["the signature is none", 2, ["--signature", "0OIl"], "--signature is not base58"],
    ["nothing waits for a signature", 4, ["--signature", "1"], "waits for no signature"],
    ["the api is none", 2, ["--api", "ftp://api"], "is not the URL of an API"],
  ])("says so if %s", async (_what, exitCode, args, words) => {
    const { code, stderr } = await enrol(args);
    expect([code, stderr]).toEqual([exitCode, expect.stringContaining(words)]);
  });

  it("hands in no signature by another key, nor one for another payee than is named", async () => {
    const { stdout } = await enrol();
    const taken = api.taken.length;
    const other = base58.encode(generateIdentity().sign(Buffer.from(stdout.trimEnd())));
    expect(await enrol(["--signature", other])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining(`not a signature of ${wallet.id}`),
    });
    const payout = generateIdentity().id;
    expect(await enrol(["--payout", payout, "--signature", signatureOver(stdout)])).toMatchObject({
      code: 4,
      stderr: expect.stringContaining("run the command without --signature"),
    });
    expect(api.taken).toHaveLength(taken);
  });
});

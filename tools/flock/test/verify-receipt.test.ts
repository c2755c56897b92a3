import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { signReceipt } from "@flock/jobs";
import { generateIdentity } from "@flock/keys";
import { delegationText } from "@flock/orders";
import { Receipt, SignedReceipt } from "@flock/proto/jobs";
import { createTestDirectory, type TestDirectory } from "@flock/provision/testing";
import { base58 } from "@scure/base";
import { runHere } from "./run-here.js";

const JOB = "12345678-1234-1234-1234-123456789abc";
const BEGAN = Date.parse("2026-11-22T10:00:00Z");
const [wallet, key, stranger] = [generateIdentity(), generateIdentity(), generateIdentity()];

const facts = {
  ...{ jobId: JOB, workerId: wallet.id, model: "able:7b", modelDigest: "b".repeat(64) },
  ...{ promptTokens: 20, completionTokens: 7, startedUnixMs: BEGAN, finishedUnixMs: BEGAN + 1_000 },
};
const signed = (by = key, changes: Partial<Receipt> = {}) =>
  Buffer.from(
    SignedReceipt.encode(signReceipt(by, Receipt.fromPartial({ ...facts, ...changes }))).finish(),
  ).toString("base64");
const delegated = (changes: { key?: string; expiresMs?: number } = {}, by = wallet) => {
  const text = delegationText({
    ...{
      api: "https://api.example",
      wallet: wallet.id,
      payout: wallet.id,
      key: key.id,
      challenge: "1".repeat(20),
    },
    ...{ issuedMs: BEGAN - 1_000, expiresMs: BEGAN + 86_400_000 },
    ...changes,
  });
  return { text, signature: base58.encode(by.sign(Buffer.from(text))) };
};
const told = (changes: object = {}) => ({
  ...{
    signed_receipt: signed(),
    worker_key: wallet.id,
    job_id: JOB,
    signer: key.id,
    delegation: delegated(),
  },
  ...changes,
});

describe("flock verify receipt", () => {
  let directory: TestDirectory;
  beforeAll(async () => {
    directory = await createTestDirectory();
  });
  afterAll(() => directory.remove());

  const verify = async (receipt: object | string, ...args: string[]) => {
    const file = join(directory.path, "receipt.json");
    await writeFile(file, typeof receipt === "string" ? receipt : JSON.stringify(receipt));
    return runHere(["verify", "receipt", "--file", file, ...args], {});
  };

  it("follows a receipt to the wallet that has let its key work", async () => {
    const { code, stdout } = await verify(told(), "--json");
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ verified: true, worker: wallet.id, completion_tokens: 7 });
    const own = { signed_receipt: signed(wallet), signer: wallet.id, delegation: null };
    expect((await verify(told(own))).stdout).toContain("signed by the worker's own key\n");
  });

  it.each<[string, object, RegExp]>([
    ["changed", { signed_receipt: signed().replace(/.{8}$/, "AAAAAAA=") }, /proves nothing/],
    ["of another job", { job_id: "x" }, /of job 12345678.*, not of x/],
    ["said to be another worker's", { worker_key: stranger.id }, /names worker/],
    ["signed by a key that no wallet has let work", { delegation: null }, /nothing shows that/],
    ["signed by a stranger", { signed_receipt: signed(stranger) }, /another wallet or another key/],
    ["delegated by a stranger", { delegation: delegated({}, stranger) }, /not signed by/],
    ["older than its delegation's end", { delegation: delegated({ expiresMs: BEGAN - 1 }) }, /had lapsed/],
    ["for another payee", { signed_receipt: signed(key, { payeeId: stranger.id }) }, /another payee/],
    ["delegated by what is no delegation", { delegation: { text: "x", signature: "0" } }, /no delegation/],
  ])("ends with 7 for one that is %s", async (_what, changes, words) => {
    const { code, stdout, stderr } = await verify(told(changes));
    expect({ code, stdout }).toEqual({ code: 7, stdout: "" });
    expect(stderr).toMatch(words);
  });

  it("wants one receipt, and one that can be read", async () => {
    expect((await runHere(["verify", "receipt"], {})).code).toBe(2);
    expect((await verify("{}")).code).toBe(2);
  });
});

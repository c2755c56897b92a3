import { readdirSync, statSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type Books, eventually, type TestAccount, TestMesh, whole } from "@flock/harness";
import { generateIdentity, loadIdentity } from "@flock/keys";
import { SignedReceipt } from "@flock/proto/jobs";
import { createTestDirectory, type TestDirectory } from "@flock/provision/testing";
import { base58 } from "@scure/base";
import { MoneyClient } from "./money/money-client.js";
import { hashOfText, proveReceipt, type ToldReceipt } from "./receipt-check.js";
import { Stranger } from "./stranger.js";

const ASK = { model: "flock-tiny", prompt: "What is the capital of Peru?", options: { temperature: 0 } };
const ANSWER = "The capital of Peru is Lima.";

describe("a stranger who knows the URL of a mesh's API, and has an Ollama", () => {
  const payee = generateIdentity();
  const payout = payee.id;
  let mesh: TestMesh;
  let books: Books;
  let alice: TestAccount;
  let directory: TestDirectory;
  let stranger: Stranger;
  beforeAll(async () => {
    directory = await createTestDirectory();
    mesh = await TestMesh.start({ workers: 0, sequences: 2 });
    books = await mesh.books();
    alice = await mesh.account("alice");
    const folder = join(directory.path, "empty");
    await mkdir(folder);
    stranger = new Stranger(folder, {
      WORKER_API_URL: mesh.state.apiUrl,
      OLLAMA_HOST: mesh.state.ollamaUrl,
      WORKER_PAYOUT: payout,
    });
  }, 180_000);
  afterAll(async () => {
    await stranger?.end();
    await mesh?.stop();
    await directory?.remove();
  }, 60_000);

  const isServed = async (): Promise<boolean> => {
    const { models } = await alice.client.ollama().list();
    return models.some(({ name }) => name.startsWith("flock-tiny"));
  };

  async function receiptOf(jobId: string): Promise<ToldReceipt> {
    const headers = { authorization: `Bearer ${alice.client.apiKey}` };
    const url = `${alice.client.apiUrl}/flock/v1/jobs/${jobId}/receipt`;
    return eventually(`the receipt of ${jobId}`, async () => {
      const told = await fetch(url, { headers });
      return told.status === 200 && ((await told.json()) as { receipt: ToldReceipt }).receipt;
    });
  }

  /** An answer by the stranger, who alone works here: paid as his wallet wants it, with a receipt that proves it. */
  async function served() {
    const before = await books.balance(`earnings:${payout}`).catch(() => 0n);
    const answer = await whole(alice.client.generate({ ...ASK, stream: false }));
    expect(answer.text).toBe(ANSWER);
    const { workerShareMicro } = await books.settled(answer.jobId);
    expect(workerShareMicro).toBeGreaterThan(0n);
    expect(await books.balance(`earnings:${payout}`)).toBe(before + workerShareMicro);
    const { id: wallet } = await loadIdentity(stranger.keyFile);
    expect(await books.balance(`earnings:${wallet}`).catch(() => 0n)).toBe(0n);
    const told = await receiptOf(answer.jobId);
    const proven = proveReceipt(told);
    expect(proven).toMatchObject({ wallet, payout });
    const { jobId, completionTokens, outputSha256, payeeId } = proven.receipt;
    expect({ jobId, completionTokens, payeeId }).toEqual({
      ...{ jobId: answer.jobId, completionTokens: answer.completionTokens, payeeId: payout },
    });
    expect(Buffer.from(outputSha256).toString("hex")).toBe(hashOfText(ANSWER));
    return { wallet, told, signer: proven.signer };
  }

  it("works for it, is paid where his wallet says, and comes back after a crash as the same worker", async () => {
    expect(await isServed()).toBe(false);
    stranger.start();
    await eventually("the stranger to serve", isServed);
    expect(readdirSync(join(directory.path, "empty")).sort()).toEqual(["worker-key.json", "worker.log"]);
    expect(statSync(stranger.keyFile).mode & 0o777).toBe(0o600);
    const first = await served();

    await stranger.end("SIGKILL");
    await eventually("the stranger to be missed", async () => !(await isServed()));
    stranger.start();
    await eventually("the stranger to serve again", isServed);
    const second = await served();
    expect(second.wallet).toBe(first.wallet);
    // The key of a process dies with it.
    expect(second.signer).not.toBe(first.signer);
    // Whoever has the receipt of the first process can still check it.
    expect(proveReceipt(first.told).wallet).toBe(first.wallet);
    // One that was put together from pieces of others proves nothing.
    expect(() => proveReceipt({ ...first.told, delegation: second.told.delegation })).toThrow("another key");
  }, 120_000);

  it("is told of, with what he earned and why he waits, to the account that he has paid, and to no other", async () => {
    const { id: wallet } = await loadIdentity(stranger.keyFile);
    const sign = (text: string) => base58.encode(payee.sign(Buffer.from(text)));
    const owner = new MoneyClient(mesh.state.apiUrl);
    await owner.signIn({ address: payout, sign });
    const seen = await eventually("a second without a job is counted", async () => {
      const { workers } = (await owner.get("/workers")).body as { workers: { no_job: unknown[] }[] };
      return workers.some((each) => each.no_job.length > 0) && workers;
    });
    expect(seen).toMatchObject([
      {
        worker_id: wallet,
        state: "ready",
        models: [{ name: expect.stringMatching("^flock-tiny"), is_admitted: true }],
        delegation_expires_at: expect.any(String),
        no_job: expect.arrayContaining([{ reason: "no_demand", seconds: expect.any(Number) }]),
      },
    ]);
    const { earnings, totals } = (await owner.get("/earnings")).body as {
      earnings: { worker_id: string; share_micro: string }[];
      totals: { earned_micro: string };
    };
    expect(new Set(earnings.map((row) => row.worker_id))).toEqual(new Set([wallet]));
    const shares = earnings.reduce((sum, row) => sum + BigInt(row.share_micro), 0n);
    expect(BigInt(totals.earned_micro)).toBeGreaterThanOrEqual(shares);
    const somebody = generateIdentity();
    const other = new MoneyClient(mesh.state.apiUrl);
    const theirs = (text: string) => base58.encode(somebody.sign(Buffer.from(text)));
    await other.signIn({ address: somebody.id, sign: theirs });
    expect((await other.get("/workers")).body).toMatchObject({ workers: [] });
  }, 60_000);

  it("signs what cannot be changed: another count, another text or another wallet is seen", async () => {
    const { told } = await served();
    const signed = SignedReceipt.decode(Buffer.from(told.signed_receipt, "base64"));
    const changed = Buffer.from(signed.receipt);
    changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
    const receipt = Buffer.from(SignedReceipt.encode({ ...signed, receipt: changed }).finish());
    expect(() => proveReceipt({ ...told, signed_receipt: receipt.toString("base64") })).toThrow(
      "the signer has not signed the receipt",
    );
    if (told.delegation === null) throw new Error("there is no delegation");
    const { text, signature } = told.delegation;
    const elsewhere = text.replace(payout, generateIdentity().id);
    expect(() => proveReceipt({ ...told, delegation: { text: elsewhere, signature } })).toThrow(
      "the wallet has not signed the text",
    );
  }, 60_000);
});

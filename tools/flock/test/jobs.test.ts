import { join } from "node:path";
import { createTestDirectory, type TestDirectory } from "@flock/provision/testing";
import { FakeApi } from "../src/transcripts/fake-api.js";
import { type Run, runHere } from "./run-here.js";

describe("flock jobs", () => {
  const api = new FakeApi();
  let directory: TestDirectory;
  let wallet: string;

  beforeAll(async () => {
    directory = await createTestDirectory();
    await api.start();
    wallet = join(directory.path, "wallet.json");
    await flock("wallet", "create");
  });
  afterAll(async () => {
    await api.stop();
    await directory.remove();
  });

  const flock = (...args: string[]): Promise<Run> =>
    runHere([...args, "--data-dir", directory.path], { FLOCK_API_URL: api.url, FLOCK_WALLET: wallet });

  it("tells what became of the account's requests", async () => {
    const id = "12345678-1234-1234-1234-123456789abc";
    const job = {
      id,
      state: "completed",
      model: "able:7b",
      key_id: "k1",
      trace_id: "0af7651916cd43dd8448eb211c80319c",
      created_at: "2026-11-22T10:00:00.000Z",
      finished_at: "2026-11-22T10:00:01.000Z",
      workers: ["w-aaaaaaaaaaaa", "w-bbbbbbbbbbbb"],
      resumes: 1,
      privacy: "plaintext",
      timing_ms: { queue: 1.25, claim: 0.5, prefill: 30, decode: 500, total: 532.4 },
      prompt_tokens: 20,
      completion_tokens: 10,
      charge_micro: "70",
      done_reason: "stop",
      error_code: null,
    };
    const failed = { ...job, state: "failed", error_code: "aborted", charge_micro: "0" };
    api.answer("GET /jobs", { jobs: [job, failed], next_cursor: "9_x" });
    const listed = await flock("jobs", "list", "--limit", "2");
    expect(listed.stderr).toBe("more: --cursor 9_x\n");
    expect(listed.stdout).toBe(
      `began (UTC)          job                                   model    state            prompt  answer    LLAMA   ms  resumes
2026-11-22 10:00:00  ${id}  able:7b  completed            20      10  0.00007  532        1
2026-11-22 10:00:00  ${id}  able:7b  failed: aborted      20      10        0  532        1
`,
    );
    expect(api.last("GET /jobs").path).toBe("/jobs?limit=2");
    api.answer(`GET /jobs/${id}`, { job });
    const { stdout } = await flock("jobs", "show", id);
    for (const line of [
      "charge       0.00007 LLAMA",
      "time         queue 1.3 ms, claim 0.5 ms, prefill 30.0 ms, decode 500.0 ms, total 532.4 ms",
      "workers      w-aaaaaaaaaaaa, w-bbbbbbbbbbbb",
      "privacy      plaintext",
    ])
      expect(stdout).toContain(`${line}\n`);
    api.answer("GET /jobs", { jobs: [], next_cursor: null });
    expect((await flock("jobs", "list")).stderr).toBe("no jobs within the last day\n");
  });

  it("shows what the last worker of a request has signed", async () => {
    const receipt = {
      signed_receipt: "c2lnbmVk",
      worker_key: "7xKXtg2CW87d97TXJSDpbD5jBkheTqA83TZRuJosgAsU",
      job_id: "12345678-1234-1234-1234-123456789abc",
      lease: 2,
      requester_id: "requester",
      model: "able:7b",
      model_digest: "b".repeat(64),
      outcome: "completed",
      prompt_tokens: 20,
      completion_tokens: 7,
      resumed_tokens: 3,
      output_sha256: "ab".repeat(32),
      started_at: "2026-11-22T10:00:00.000Z",
      first_token_at: null,
      finished_at: null,
      payee: null,
    };
    api.answer(`GET /jobs/${receipt.job_id}/receipt`, { receipt });
    const { stdout } = await flock("jobs", "receipt", receipt.job_id);
    for (const line of [
      `worker       ${receipt.worker_key}`,
      "paid         the worker",
      "tokens       20 of the prompt, 7 of the answer, behind 3 of workers before it",
      "began (UTC)  2026-11-22 10:00:00",
      "receipt      c2lnbmVk",
    ])
      expect(stdout).toContain(`${line}\n`);
    expect(JSON.parse((await flock("jobs", "receipt", receipt.job_id, "--json")).stdout)).toEqual(receipt);
  });
});

import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createTree, workerIssuer } from "@flock/access";
import { FlockError } from "@flock/errors";
import { openBucket } from "@flock/mesh";
import { isSignedBy, readDelegation } from "@flock/orders";
import { BUCKETS, encode, modelToken } from "@flock/proto";
import { CatalogueEntry } from "@flock/proto/catalogue";
import { SignedReceipt } from "@flock/proto/jobs";
import { CountBound, JobCheck, JobState, JobsDefinition } from "@flock/proto/public";
import { createTestDirectory, eventually, type TestDirectory } from "@flock/provision/testing";
import { base58 } from "@scure/base";
import pg from "pg";
import { ApiUnderTest } from "./api-under-test.js";
import { EnrollingWorker } from "./enrolling-worker.js";
import { failureOf, GrpcTestClient } from "./grpc-client.js";
import { MoneyApi } from "./money-api.js";
import { receiptOf, SIGNER } from "./signed-receipt.js";
import { PLAIN_MODEL } from "./start-test-api.js";

const DAY_MS = 86_400_000;
const NOON = Date.UTC(2026, 10, 22, 12);

describe("the stories of jobs, over two apis", () => {
  let money: MoneyApi;
  let directory: TestDirectory;
  let unixMs = NOON;

  beforeAll(async () => {
    directory = await createTestDirectory();
    const file = join(directory.path, "issuer.json");
    await writeFile(file, JSON.stringify(workerIssuer(createTree())));
    const enrolling = { API_WORKER_ISSUER_FILE: file, API_WORKER_NATS_URLS: "nats://nats.example" };
    money = await MoneyApi.start([enrolling, {}], { nowMs: () => performance.now(), unixMs: () => unixMs });
    const models = await openBucket(money.mesh, BUCKETS.models);
    await models.put(modelToken(PLAIN_MODEL.name), encode(CatalogueEntry, PLAIN_MODEL));
    const { apiKey } = await account();
    const isKnown = async (api: 0 | 1) => (await generate(apiKey, api)).status === 200;
    await eventually("both know the model", async () => (await isKnown(0)) && (await isKnown(1)));
  }, 120_000);
  afterAll(async () => {
    await money?.stop();
    await directory?.remove();
  });
  beforeEach(() => {
    unixMs = NOON;
    for (const { requester } of money.apis) requester.onJob = (job) => job.end();
  });

  async function account(keyFields: object = {}) {
    const { token, wallet } = await money.signIn();
    const { body } = await money.ask("POST", "/keys", { token, body: keyFields });
    return { token, accountId: wallet.id, keyId: body.id as string, apiKey: body.api_key as string };
  }

  function generate(apiKey: string, api: 0 | 1 = 0, signal?: AbortSignal): Promise<Response> {
    return fetch(`${money.apis[api].baseUrl}/api/generate`, {
      method: "POST",
      headers: { authorization: `Bearer ${apiKey}` },
      body: JSON.stringify({ model: PLAIN_MODEL.name, prompt: "hello", stream: false }),
      ...(signal === undefined ? {} : { signal }),
    });
  }

  const jobAt = (api: 0 | 1, token: string, id: string) => money.ask("GET", `/jobs/${id}`, { token, api });

  /** The job as the api that did not run it tells it. */
  async function keptJob(token: string, id: string) {
    await eventually("it is kept", async () => (await jobAt(1, token, id)).status === 200);
    return (await jobAt(1, token, id)).body.job;
  }

  async function query(text: string): Promise<unknown[]> {
    const client = new pg.Client({ connectionString: money.databaseUrl });
    await client.connect();
    const { rows } = await client.query(text);
    await client.end();
    return rows;
  }

  it("say on every api what the answer said, to keys that may see the account and to sessions", async () => {
    const { token, apiKey, keyId } = await account();
    money.apis[0].requester.onJob = (job) => {
      job.chunk("hi ");
      job.end({ workerIds: ["worker", "another"], leases: 2, receipt: receiptOf(job.spec.jobId) });
    };
    const { headers } = await generate(apiKey);
    const id = headers.get("x-flock-job-id") ?? "";
    const total = Number(/total;dur=(.*)$/.exec(headers.get("server-timing") ?? "")?.[1]);
    // At once where it ran; elsewhere soon.
    const told = (await jobAt(0, apiKey, id)).body.job;
    expect(told).toEqual({
      id,
      state: "completed",
      model: PLAIN_MODEL.name,
      key_id: keyId,
      trace_id: headers.get("x-flock-trace-id"),
      created_at: new Date(NOON).toISOString(),
      finished_at: new Date(NOON).toISOString(),
      workers: [expect.stringMatching(/^w-/), headers.get("x-flock-worker")],
      resumes: 1,
      privacy: "sealed-to-worker",
      timing_ms: { queue: 1.25, claim: 2.5, prefill: 3.75, decode: 4, total },
      prompt_tokens: 7,
      completion_tokens: 1,
      completion_tokens_bound: "exact",
      charge_micro: headers.get("x-flock-charge-micro"),
      done_reason: "stop",
      error_code: null,
      check: "not_drawn",
    });
    expect(await keptJob(token, id)).toEqual(told);
  });

  it("name a worker by its key in the receipt alone, which is told to who asks for it", async () => {
    const { token, apiKey } = await account();
    let signed = receiptOf("");
    money.apis[0].requester.onJob = (job) => {
      // A worker may sign any time at all.
      signed = receiptOf(job.spec.jobId, { firstTokenUnixMs: Number.MAX_SAFE_INTEGER });
      job.end({ receipt: signed });
    };
    const id = (await generate(apiKey)).headers.get("x-flock-job-id") ?? "";
    await keptJob(token, id);
    const told = {
      signed_receipt: Buffer.from(SignedReceipt.encode(signed).finish()).toString("base64"),
      worker_key: SIGNER.id,
      job_id: id,
      lease: 2,
      requester_id: "requester",
      model: PLAIN_MODEL.name,
      model_digest: PLAIN_MODEL.digest,
      outcome: "completed",
      prompt_tokens: 7,
      completion_tokens: 1,
      resumed_tokens: 3,
      output_sha256: "ab".repeat(32),
      started_at: "2026-11-22T12:00:00.000Z",
      first_token_at: null,
      finished_at: "2026-11-22T12:00:01.000Z",
      payee: null,
      signer: SIGNER.id,
      delegation: null,
    };
    for (const api of [0, 1] as const) {
      const { body } = await money.ask("GET", `/jobs/${id}/receipt`, { token, api });
      expect(body).toEqual({ receipt: told });
      for (const path of ["/jobs", `/jobs/${id}`]) {
        const { status, body: named } = await money.ask("GET", path, { token, api });
        expect([status, JSON.stringify(named).includes(SIGNER.id)]).toEqual([200, false]);
        expect(JSON.stringify(named)).not.toMatch(/receipt|signature/);
      }
    }
    const { getReceipt } = JobsDefinition.methods;
    const client = new GrpcTestClient(money.apis[1].grpcAddress, token);
    try {
      const { receipt } = await client.ask(JobsDefinition, getReceipt, { id });
      expect(receipt).toMatchObject({
        signedReceipt: Buffer.from(told.signed_receipt, "base64"),
        workerKey: SIGNER.id,
        jobId: id,
        outcome: "completed",
        completionTokens: 1n,
        outputSha256: Buffer.alloc(32, 0xab),
        startedAt: { seconds: BigInt(NOON / 1_000), nanos: 0 },
        payee: "",
      });
      expect(receipt?.firstTokenAt).toBeUndefined();
      expect([receipt?.signer, receipt?.delegation]).toEqual([SIGNER.id, undefined]);
    } finally {
      client.close();
    }
    const bob = await account();
    expect((await money.ask("GET", `/jobs/${id}/receipt`, { token: bob.token })).status).toBe(404);
    expect((await money.ask("GET", `/jobs/${id}/receipt`)).status).toBe(401);
    money.apis[0].requester.onJob = (job) => job.end();
    const unsigned = (await generate(apiKey)).headers.get("x-flock-job-id") ?? "";
    const { status, body } = await money.ask("GET", `/jobs/${unsigned}/receipt`, { token });
    expect([status, body.error.message]).toEqual([
      404,
      `no worker has signed a receipt that vouches for job ${unsigned}`,
    ]);
  });

  it("tell with a receipt why its signer could sign, if that is a key that the worker's wallet delegates to", async () => {
    const { token, apiKey } = await account();
    const clock = { nowMs: () => performance.now(), unixMs: () => unixMs };
    const [worker, other] = [0, 1].map(
      () => new EnrollingWorker((path, body) => money.ask("POST", path, { body }), clock),
    ) as [EnrollingWorker, EnrollingWorker];
    const delegation = await worker.delegation();
    expect((await worker.handIn(delegation)).status).toBe(200);
    const receiptBy = async (workerId: string) => {
      money.apis[0].requester.onJob = (job) =>
        job.end({ receipt: receiptOf(job.spec.jobId, { workerId }, worker.key) });
      const id = (await generate(apiKey)).headers.get("x-flock-job-id") ?? "";
      await keptJob(token, id);
      return id;
    };
    const own = await receiptBy(worker.wallet.id);
    const { receipt } = (await money.ask("GET", `/jobs/${own}/receipt`, { token, api: 1 })).body;
    expect(receipt).toMatchObject({ worker_key: worker.wallet.id, signer: worker.key.id, delegation });
    // All that anybody needs, from the receipt to the wallet.
    const { text, signature } = receipt.delegation;
    const read = readDelegation(text);
    expect(read).toMatchObject({ wallet: receipt.worker_key, key: receipt.signer });
    expect(isSignedBy(receipt.worker_key, text, base58.decode(signature))).toBe(true);
    const client = new GrpcTestClient(money.apis[1].grpcAddress, token);
    try {
      const told = await client.ask(JobsDefinition, JobsDefinition.methods.getReceipt, { id: own });
      expect(told.receipt).toMatchObject({
        signer: worker.key.id,
        delegation: { text, signature: Buffer.from(base58.decode(signature)) },
      });
    } finally {
      client.close();
    }
    const others = await receiptBy(other.wallet.id);
    expect((await money.ask("GET", `/jobs/${others}/receipt`, { token })).body.receipt).toMatchObject({
      worker_key: other.wallet.id,
      delegation: null,
    });
  });

  it("are nobody else's, and nobody can tell them from jobs that there are not", async () => {
    const [alice, bob] = [await account(), await account()];
    const id = (await generate(alice.apiKey)).headers.get("x-flock-job-id") ?? "";
    await keptJob(alice.token, id);
    for (const api of [0, 1] as const) {
      const [others, none] = [await jobAt(api, bob.token, id), await jobAt(api, bob.token, randomUUID())];
      expect([others.status, none.status]).toEqual([404, 404]);
      const [first, second] = [others, none].map(({ body }) =>
        body.error.message.replace(/[0-9a-f-]{36}/, "…"),
      );
      expect(first).toBe(second);
    }
    expect((await money.ask("GET", "/jobs", { token: bob.token })).body).toEqual({
      jobs: [],
      next_cursor: null,
    });
  });

  it("call one worker by one alias within an account, and by another in another", async () => {
    const [alice, bob] = [await account(), await account()];
    const answers = [
      await generate(alice.apiKey),
      await generate(alice.apiKey, 1),
      await generate(bob.apiKey),
    ];
    const [first, second, others] = answers.map(({ headers }) => headers.get("x-flock-worker"));
    expect(second).toBe(first);
    expect(others).not.toBe(first);
  });

  it("need a key that may see the account", async () => {
    const { apiKey, token } = await account({ scopes: ["inference"] });
    const id = (await generate(apiKey)).headers.get("x-flock-job-id") ?? "";
    expect((await jobAt(0, apiKey, id)).status).toBe(403);
    expect((await jobAt(0, token, id)).status).toBe(200);
    expect((await money.ask("GET", "/jobs", { token: apiKey })).status).toBe(403);
    expect((await money.ask("GET", `/jobs/${id}`)).status).toBe(401);
  });

  it("tell how a job fails, and that a client went away", async () => {
    const { apiKey, token } = await account();
    money.apis[0].requester.onJob = (job) => job.fail(new FlockError("aborted", "the worker failed"));
    const failed = (await generate(apiKey)).headers.get("x-flock-job-id") ?? "";
    expect(await keptJob(token, failed)).toMatchObject({
      state: "failed",
      error_code: "aborted",
      charge_micro: "0",
    });
    money.apis[0].requester.onJob = () => {};
    const leaving = new AbortController();
    const answer = generate(apiKey, 0, leaving.signal).catch(() => {});
    const { requester } = money.apis[0];
    await eventually("it runs", () => requester.jobs.length > 0 && !requester.lastJob.isEnded);
    const { jobId } = requester.lastJob.spec;
    expect((await jobAt(0, token, jobId)).body.job).toMatchObject({ state: "running", finished_at: null });
    expect(await keptJob(token, jobId)).toMatchObject({ state: "running" });
    leaving.abort();
    await answer;
    await eventually("its end is kept", async () => (await keptJob(token, jobId)).state === "cancelled");
  });

  it("are listed newest first, page by page", async () => {
    const { apiKey, token } = await account();
    const ids: string[] = [];
    for (let job = 0; job < 5; job++) {
      unixMs = NOON + Math.floor(job / 2);
      ids.unshift((await generate(apiKey, (job % 2) as 0 | 1)).headers.get("x-flock-job-id") ?? "");
    }
    const all = () => money.ask("GET", "/jobs", { token });
    await eventually("all are kept", async () => (await all()).body.jobs.length === 5);
    const listed: { id: string; created_at: string }[] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const { body }: { body: { jobs: typeof listed; next_cursor: string | null } } = await money.ask(
        "GET",
        `/jobs?limit=2&cursor=${cursor}`,
        { token, api: 1 },
      );
      listed.push(...body.jobs);
      cursor = body.next_cursor;
    }
    expect(listed).toEqual((await all()).body.jobs);
    expect(listed.map(({ id }) => id).sort()).toEqual([...ids].sort());
    const times = listed.map((one) => one.created_at);
    expect(times).toEqual([...times].sort().reverse());
    expect((await money.ask("GET", "/jobs?cursor=abc", { token })).status).toBe(400);
  });

  it("are over a day after the end, and taken away", async () => {
    const { apiKey } = await account();
    const id = (await generate(apiKey)).headers.get("x-flock-job-id") ?? "";
    await keptJob(apiKey, id);
    unixMs = NOON + DAY_MS - 1;
    expect((await jobAt(1, apiKey, id)).status).toBe(200);
    unixMs = NOON + DAY_MS;
    expect((await jobAt(1, apiKey, id)).status).toBe(404);
    unixMs = NOON + 2 * DAY_MS;
    const rows = () => query(`SELECT 1 FROM api.jobs WHERE id = '${id}'`);
    await eventually("it is swept", async () => (await rows()).length === 0, { timeoutMs: 30_000 });
  }, 60_000);

  it("survive the api that ran the job: what had ended is kept, and what ran is told to have failed", async () => {
    const { apiKey, token } = await account();
    const third = await ApiUnderTest.start(
      money.nats.url,
      money.databaseUrl,
      {},
      {
        clock: { nowMs: () => performance.now(), unixMs: () => unixMs },
      },
    );
    const ask = () =>
      fetch(`${third.baseUrl}/api/generate`, {
        method: "POST",
        headers: { authorization: `Bearer ${apiKey}` },
        body: JSON.stringify({ model: PLAIN_MODEL.name, prompt: "hello", stream: false }),
      });
    await eventually("it knows the model", async () => (await ask()).status === 200);
    const id = (await ask()).headers.get("x-flock-job-id") ?? "";
    await third.stop();
    expect((await jobAt(1, token, id)).body.job).toMatchObject({ id, state: "completed" });
    // As a process leaves a row that dies.
    await query(`UPDATE api.jobs SET state = 'running', finished_at = NULL WHERE id = '${id}'`);
    expect((await jobAt(1, token, id)).body.job).toMatchObject({ state: "running" });
    unixMs = NOON + DAY_MS / 2;
    expect((await jobAt(1, token, id)).body.job).toMatchObject({
      state: "failed",
      error_code: "unavailable",
    });
  }, 60_000);

  it("are told over gRPC likewise", async () => {
    const { apiKey, token, keyId } = await account();
    const { headers } = await generate(apiKey);
    const id = headers.get("x-flock-job-id") ?? "";
    await keptJob(token, id);
    const { getJob, listJobs } = JobsDefinition.methods;
    const client = new GrpcTestClient(money.apis[1].grpcAddress, token);
    const others = new GrpcTestClient(money.apis[1].grpcAddress, (await account()).token);
    try {
      const { job } = await client.ask(JobsDefinition, getJob, { id });
      expect(job).toMatchObject({
        state: JobState.COMPLETED,
        model: PLAIN_MODEL.name,
        keyId,
        promptTokens: 7n,
        completionTokensBound: CountBound.EXACT,
        doneReason: "stop",
        errorCode: "",
        check: JobCheck.NOT_DRAWN,
        story: {
          jobId: id,
          traceId: headers.get("x-flock-trace-id"),
          workers: [headers.get("x-flock-worker")],
          privacy: "sealed-to-worker",
          resumes: 0,
          chargeMicro: BigInt(headers.get("x-flock-charge-micro") ?? ""),
          timings: { queue: { seconds: 0n, nanos: 1_250_000 }, decode: { seconds: 0n, nanos: 4_000_000 } },
        },
      });
      expect(await client.ask(JobsDefinition, listJobs, {})).toEqual({ jobs: [job], nextCursor: "" });
      expect((await failureOf(others.ask(JobsDefinition, getJob, { id }))).details).toContain("no job");
    } finally {
      client.close();
      others.close();
    }
  });

  it("have no word of what was asked and answered", async () => {
    const rows = await query("SELECT jobs::text AS everything FROM api.jobs jobs");
    expect(rows.length).toBeGreaterThan(0);
    expect(JSON.stringify(rows)).not.toMatch(/hello|hi /);
  });
});

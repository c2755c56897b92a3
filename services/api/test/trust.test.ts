import { randomUUID } from "node:crypto";
import { readBundle, recompute } from "@flock/evidence";
import { generateIdentity } from "@flock/keys";
import { CheckState, VerdictKind, VerdictState } from "@flock/proto/verifier";
import { eventually } from "@flock/provision/testing";
import { MoneyApi } from "./money-api.js";
import { offer } from "./offered-model.js";
import { PLAIN_MODEL } from "./start-test-api.js";

describe("what is told of checked work", () => {
  let money: MoneyApi;

  beforeAll(async () => {
    money = await MoneyApi.start();
  }, 120_000);
  afterAll(async () => money?.stop());

  const evidenceOf = (id: string, headers: Record<string, string> = {}) =>
    money.ask("GET", `/trust/verdicts/${id}/evidence`, { headers });

  it("everybody sees counts, standings, calibration and days of draws, which the verifier is asked for rarely", async () => {
    const { status, body, headers } = await money.ask("GET", "/trust");
    expect([status, body]).toMatchObject([
      200,
      {
        jobs: { seen: 900, drawn: 90, checked: 80, same: 70, different: 4, undetermined: 6 },
        floor_bps: 500,
        workers: [
          { state: "probation", workers: 3 },
          { state: "quarantined", workers: 1 },
        ],
        calibration: [{ engine: "ollama/0.33", mismatch_ppm: 10_000, frozen_until: null }],
        last_day: { check_tokens: 40, job_tokens: 1_000 },
        draw_days: [{ key: null }, { key: "04".repeat(32) }],
      },
    ]);
    const again = { headers: { "if-none-match": headers.get("etag") ?? "" } };
    expect((await money.ask("GET", "/trust", again)).status).toBe(304);
    expect(money.verifier.summaryCalls).toBe(1);
  });

  it("strangers learn no worker's wallet, but that of one whose conviction can be appealed no more", async () => {
    const worker = generateIdentity().id;
    const conviction = { kind: VerdictKind.CONVICTION };
    const hidden = [
      money.verifier.reach(worker),
      money.verifier.reach(worker, { kind: VerdictKind.RELEASE }),
      money.verifier.reach(worker, { ...conviction, state: VerdictState.APPEALABLE }),
      money.verifier.reach(worker, {
        ...conviction,
        state: VerdictState.OVERTURNED,
        ruling: "a fault of ours",
      }),
    ];
    const named = money.verifier.reach(worker, { ...conviction, slashedMicro: 9_007_199_254_740_993n });
    const aliases = new Set<string>();
    for (const id of hidden) {
      const { body } = await money.ask("GET", `/trust/verdicts/${id}`, { api: 1 });
      aliases.add(body.verdict.worker);
      const evidence = await evidenceOf(id);
      expect(JSON.stringify([body, evidence.body])).not.toMatch(
        new RegExp(`${worker}|"stranger"|"protocol"|c2lnbmVk|a-key`),
      );
      expect(evidence.body).toMatchObject({ workerId: body.verdict.worker });
      expect(evidence.body.jobs[1].jobId).toBe("job-2");
      expect(recompute(readBundle(Buffer.from(JSON.stringify(evidence.body)))).agrees).toBe(true);
    }
    const { verdict } = (await money.ask("GET", `/trust/verdicts/${named}`)).body;
    expect(verdict).toMatchObject({ worker_id: worker, slashed_micro: "9007199254740993", ruling: null });
    expect([...aliases]).toEqual([verdict.worker]);
    const told = (await evidenceOf(named)).body;
    expect(told).toMatchObject({
      workerId: worker,
      jobs: [{ receipt: "c2lnbmVk", jobId: "job-0" }, { signer: "a-key" }],
    });
    const [referee] = told.jobs[0].referees;
    expect(referee).toEqual({ id: expect.stringMatching(/^w-[a-z2-7]{12}$/), isProtocol: false });
    expect(told.jobs[1].referees[0]).toEqual(referee);
  });

  it("evidence is a file of the same bytes from every api, which nobody loads twice", async () => {
    const id = money.verifier.reach(generateIdentity().id);
    const { headers, body } = await evidenceOf(id);
    expect(headers.get("content-disposition")).toBe(`attachment; filename="verdict-${id}.json"`);
    const other = await money.ask("GET", `/trust/verdicts/${id}/evidence`, { api: 1 });
    expect(other.body).toEqual(body);
    expect(other.headers.get("etag")).toBe(headers.get("etag"));
    expect((await evidenceOf(id, { "if-none-match": headers.get("etag") ?? "" })).status).toBe(304);
  });

  it("verdicts come newest first, in pages", async () => {
    const all = money.verifier.verdicts.map(({ summary }) => summary.verdictId);
    const seen: string[] = [];
    let cursor = "";
    do {
      const { body } = await money.ask("GET", `/trust/verdicts?limit=2&cursor=${cursor}`);
      seen.push(...body.verdicts.map(({ id }: { id: string }) => id));
      cursor = body.next_cursor ?? "";
    } while (cursor !== "");
    expect(seen).toEqual(all);
    expect((await money.ask("GET", "/trust/verdicts?limit=500")).status).toBe(200);
    expect((await money.ask("GET", `/trust/verdicts/${randomUUID()}`)).status).toBe(404);
    expect((await money.ask("GET", "/trust/verdicts/x")).status).toBe(400);
  });

  it("a job says how it was checked; and without a verifier it says nothing of that, and pages say so", async () => {
    const { token } = await money.signIn();
    const { body: key } = await money.ask("POST", "/keys", { token, body: {} });
    await offer(money.mesh, PLAIN_MODEL);
    const [api] = money.apis;
    api.requester.onJob = (job) => job.end();
    const generate = (more: Record<string, string> = {}) =>
      fetch(`${api.baseUrl}/api/generate`, {
        method: "POST",
        headers: { authorization: `Bearer ${key.api_key}`, ...more },
        body: JSON.stringify({ model: PLAIN_MODEL.name, prompt: "hi", stream: false }),
      });
    await eventually("the api knows the model", async () => (await generate()).status === 200);
    const id = (await generate()).headers.get("x-request-id") ?? "";
    const checkOf = async () => (await money.ask("GET", `/jobs/${id}`, { token })).body.job.check;
    expect(await checkOf()).toBe("not_drawn");
    for (const [state, word] of [
      [CheckState.OPEN, "open"],
      [CheckState.SAME, "same"],
      [CheckState.DIFFERENT, "different"],
      [CheckState.UNDETERMINED, "undetermined"],
    ] as const) {
      money.verifier.checks.set(id, state);
      expect(await checkOf()).toBe(word);
    }
    const spared = (await generate({ "x-flock-checking": "never" })).headers.get("x-request-id");
    const answer = await money.ask("GET", `/jobs/${spared}`, { token });
    expect(answer.body.job.check).toBe("opted_out");
    await eventually("the other api knows, too", async () => {
      const { body } = await money.ask("GET", `/jobs/${spared}`, { token, api: 1 });
      return body.job?.check === "opted_out";
    });
    const listed = async () =>
      (await money.ask("GET", "/jobs", { token })).body.jobs.find((job: { id: string }) => job.id === id);
    await eventually("it is listed", async () => (await listed())?.check === "undetermined");
    await money.withoutServices(async () => {
      expect(await checkOf()).toBeNull();
      expect((await listed()).check).toBeNull();
      const { status, body } = await money.ask("GET", "/trust/verdicts");
      expect([status, body.error]).toMatchObject([
        503,
        { code: "unavailable", message: expect.stringContaining("the verifier cannot be reached") },
      ]);
    });
  });
});

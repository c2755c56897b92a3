import { accountId, revokeWorker, signAccounts, updateAccount } from "@flock/access";
import { generateIdentity, loadIdentity } from "@flock/keys";
import { FinalFailure } from "@flock/mesh";
import { readDelegation } from "@flock/orders";
import { SUBJECTS } from "@flock/proto";
import { eventually } from "@flock/provision/testing";
import { ScriptedRunner } from "../../../../packages/jobs/test/scripted-runner.js";
import { spec, submit } from "../../../../packages/jobs/test/test-jobs.js";
import { EnrolledRig } from "./enrolled-rig.js";

const WORDS = Array.from({ length: 3_000 }, (_, index) => `w${index} `);
const TEXT = WORDS.join("");
/** Of sessions that are seen to be renewed. */
const LIFE_SECONDS = 3;
/** The same under a job: a JWT ends up to a second early, and a busy machine takes some of what is left to renew it. */
const LIFE_UNDER_A_JOB_SECONDS = 8;

let rig: EnrolledRig;
beforeAll(async () => {
  rig = await EnrolledRig.start();
});
afterEach(() => rig.stopWorkers());
afterAll(() => rig.stop());

const long = (changes: Parameters<typeof spec>[0] = {}) =>
  spec({
    completionTokensMax: 5_000,
    deadlineUnixMs: Date.now() + 60_000,
    payer: { kind: "client", hold: async () => ({ completionTokensMax: 5_000 }) },
    ...changes,
  });

describe("a worker that enrols", () => {
  it("works under its wallet's address, and signs with a key that is not the wallet's", async () => {
    const payout = generateIdentity().id;
    const worker = rig.worker({ WORKER_PAYOUT: payout });
    const { enrolment } = await worker.joined;
    const wallet = await loadIdentity(rig.file("wallet.json"));
    expect(enrolment.workerId).toBe(wallet.id);
    const job = submit(rig.requester, spec({ privacyMin: "sealed-to-worker" }));
    const { outcome, leases, receipt } = await job.ended;
    expect([outcome, leases, job.text()]).toEqual(["completed", 1, "done"]);
    expect(receipt?.signer).toBe(enrolment.workKey.id);
    expect(receipt?.signer).not.toBe(wallet.id);
    const [delegation, session] = rig.api.taken;
    expect(readDelegation(delegation?.text ?? "")).toMatchObject({
      ...{ api: rig.api.url, wallet: wallet.id, payout },
      key: enrolment.workKey.id,
    });
    expect(session?.path).toBe("sessions");
  });

  it("announces itself under that address, as the whole service", async () => {
    const core = await rig.accounts.core();
    const wallet = await loadIdentity(rig.file("wallet.json"));
    const heard: string[] = [];
    core.nats.subscribe(SUBJECTS.heartbeat(wallet.id), {
      callback: (_, msg) => void heard.push(msg.subject),
    });
    await core.nats.flush();
    const service = rig.wholeWorker();
    await service.started;
    const state = service.routes.find(({ path }) => path === "/control/state")?.handle();
    expect(state).toMatchObject({ workerId: wallet.id, state: "READY" });
    await eventually("a heartbeat", () => heard.length > 0);
  });

  it("waits for an api that is away, and stops at once when it is asked to", async () => {
    rig.api.isAway = true;
    const [patient, impatient] = [rig.worker(), rig.worker()];
    await eventually("it to wait", () => impatient.log.some((line) => line.includes("not enrolled yet")));
    const askedMs = performance.now();
    await impatient.service.stop();
    expect(performance.now() - askedMs).toBeLessThan(2_000);
    rig.api.isAway = false;
    await patient.service.started;
  });

  it("says what is wrong if its clock is", async () => {
    rig.api.skewMs = 600_000;
    await expect(rig.worker().service.started).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringContaining("is your clock right?"),
    });
  });

  it("says that its wallet is banned, and ends with a code of its own", async () => {
    const { id } = await loadIdentity(rig.file("wallet.json"));
    rig.api.banned.add(id);
    const { error } = await rig.worker().service.exited;
    expect(error).toBeInstanceOf(FinalFailure);
    expect(error).toMatchObject({ exitCode: 3, message: `the wallet ${id} is banned` });
  });

  it("logs no JWT, no seed and no key", async () => {
    rig.api.lifeSeconds = LIFE_SECONDS;
    const worker = rig.worker();
    const { enrolment } = await worker.joined;
    expect(rig.api.jwts).toHaveLength(1);
    await eventually("a renewal", () => worker.log.some((line) => line.includes("the session was renewed")));
    const [, seed = ""] = /BEGIN USER NKEY SEED-+\s(\S+)/.exec(enrolment.session.credentials) ?? [];
    const text = worker.log.join("");
    expect(seed).toHaveLength(58);
    for (const secret of [...rig.api.jwts, seed, "BEGIN"]) expect(text).not.toContain(secret);
  });
});

describe("a session that ends", () => {
  it("is renewed before, and a job goes on as if nothing was", async () => {
    rig.api.lifeSeconds = LIFE_UNDER_A_JOB_SECONDS;
    const worker = rig.worker({}, new ScriptedRunner(WORDS, { tokenMs: 4 }));
    await worker.service.started;
    const { mesh } = await worker.joined;
    let reconnections = 0;
    mesh.onReconnect(() => {
      reconnections += 1;
    });
    const jobs = [1, 2].map(() => submit(rig.requester, long()));
    for (const job of jobs) {
      expect(await job.ended).toMatchObject({ outcome: "completed", leases: 1 });
      expect(job.text()).toBe(TEXT);
    }
    expect(reconnections).toBeGreaterThanOrEqual(2);
    expect(rig.api.jwts.length).toBeGreaterThan(reconnections);
    expect(worker.log.filter((line) => line.includes("refuses"))).toEqual([]);
  }, 90_000);

  it("is renewed when the api comes back before, and no job is lost", async () => {
    rig.api.lifeSeconds = LIFE_UNDER_A_JOB_SECONDS;
    const worker = rig.worker({}, new ScriptedRunner(WORDS, { tokenMs: 4 }));
    await worker.service.started;
    const job = submit(rig.requester, long());
    rig.api.isAway = true;
    await eventually("a failed renewal", () =>
      worker.log.some((line) => line.includes("the session is not renewed")),
    );
    rig.api.isAway = false;
    expect(await job.ended).toMatchObject({ outcome: "completed", leases: 1 });
    expect(job.text()).toBe(TEXT);
    await rig.untilSessions(2);
  }, 90_000);

  it("lets the worker back in when the api was away for longer than it lasted", async () => {
    rig.api.lifeSeconds = LIFE_SECONDS;
    const worker = rig.worker();
    await worker.service.started;
    const { mesh } = await worker.joined;
    rig.api.isAway = true;
    await eventually("the session to end", () => !mesh.isConnected());
    await eventually("a refusal", () => worker.log.some((line) => line.includes("refuses")));
    rig.api.isAway = false;
    await eventually("the worker to be back", () => mesh.isConnected(), { timeoutMs: 20_000 });
    expect(await submit(rig.requester, spec()).ended).toMatchObject({ outcome: "completed" });
  }, 90_000);

  it("is let in anew after a restart of nats-server", async () => {
    const worker = rig.worker();
    await worker.service.started;
    const { mesh } = await worker.joined;
    await rig.accounts.nats.kill("SIGKILL");
    await eventually("the worker to notice", () => !mesh.isConnected());
    await rig.accounts.nats.restart();
    await eventually("the worker to be back", () => mesh.isConnected());
    expect(await submit(rig.requester, spec()).ended).toMatchObject({ outcome: "completed" });
  }, 90_000);

  it("is let in by another delegation if the api knows that one no more", async () => {
    rig.api.lifeSeconds = LIFE_SECONDS;
    await rig.worker().service.started;
    rig.api.forget();
    await eventually(
      "another delegation",
      () => rig.api.taken.filter(({ path }) => path === "delegations").length === 2,
    );
    await rig.untilSessions(2);
  }, 90_000);
});

describe("a worker that is banned while it works", () => {
  it("asks the api when NATS has ended its session, and ends with that answer", async () => {
    const worker = rig.worker();
    await worker.service.started;
    const { enrolment } = await worker.joined;
    const { id } = await loadIdentity(rig.file("wallet.json"));
    rig.api.banned.add(id);
    const [, claims = ""] = rig.api.jwts.at(-1)?.split(".") ?? [];
    const { sub } = JSON.parse(Buffer.from(claims, "base64url").toString());
    const tree = revokeWorker(rig.accounts.tree, enrolment.workerId, [sub], Date.now());
    expect(accountId(tree, "workers")).toBe(accountId(rig.accounts.tree, "workers"));
    const system = await rig.accounts.system();
    await updateAccount(system.nats, (await signAccounts(tree)).accounts.workers.jwt);
    const askedMs = performance.now();
    const { error } = await worker.service.exited;
    expect(error).toMatchObject({ exitCode: 3, message: `the wallet ${id} is banned` });
    expect(performance.now() - askedMs).toBeLessThan(15_000);
  }, 90_000);
});

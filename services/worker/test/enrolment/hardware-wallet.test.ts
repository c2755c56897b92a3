import { webSocketConfiguration } from "@flock/access";
import { draftDelegation, EnrolmentApi, handInDelegation, writeEnrolment } from "@flock/enrolment";
import { generateIdentity, type Identity } from "@flock/keys";
import { delegationText } from "@flock/orders";
import { freePort } from "@flock/provision";
import { eventually } from "@flock/provision/testing";
import { spec, submit } from "../../../../packages/jobs/test/test-jobs.js";
import { EnrolledRig } from "./enrolled-rig.js";

const DAY_MS = 86_400_000;
const listener = { host: "127.0.0.1", port: 0 };

let rig: EnrolledRig;
beforeAll(async () => {
  listener.port = await freePort();
  rig = await EnrolledRig.start(webSocketConfiguration(listener));
});
afterEach(() => rig.stopWorkers());
afterAll(() => rig.stop());

/** What is otherwise than at first. */
interface Changes {
  readonly key?: Identity;
  readonly payout?: string;
}

interface Enrolled {
  readonly wallet: Identity;
  readonly key: Identity;
  readonly variables: { readonly WORKER_WALLET: string; readonly WORKER_ENROLMENT_FILE: string };
  /** Has the wallet sign again, as its owner does with the command. */
  enrol(leftMs: number, changes?: Changes): Promise<void>;
}

/** A wallet whose key no worker sees, and a file that `flock-worker enrol` has written. */
async function enrolled(payout?: string): Promise<Enrolled> {
  const [wallet, key] = [generateIdentity(), generateIdentity()];
  const file = rig.file(`${wallet.id}.json`);
  const api = new EnrolmentApi(rig.api.url);
  const enrol = async (leftMs: number, changes: Changes = {}): Promise<void> => {
    const now = { key, payout: payout ?? wallet.id, ...changes };
    const wish = { wallet: wallet.id, payout: now.payout, key: now.key.id, lifeMs: 90 * DAY_MS };
    const [, challenge = ""] = /challenge: (\S+)/.exec(await draftDelegation(api, wish)) ?? [];
    const expiresMs = Date.now() + leftMs;
    const facts = { ...wish, api: api.origin, challenge, issuedMs: expiresMs - wish.lifeMs, expiresMs };
    const text = delegationText(facts);
    const delegation = await handInDelegation(api, text, wallet.sign(Buffer.from(text)));
    await writeEnrolment(file, { key: now.key, delegation });
  };
  await enrol(89 * DAY_MS);
  return { wallet, key, enrol, variables: { WORKER_WALLET: wallet.id, WORKER_ENROLMENT_FILE: file } };
}

describe("a worker whose wallet is elsewhere", () => {
  it("works with what the wallet has signed once, also after a restart", async () => {
    const payout = generateIdentity().id;
    const { wallet, key, variables } = await enrolled(payout);
    rig.api.taken.length = 0;
    for (const _ of [1, 2]) {
      const worker = rig.worker(variables);
      await worker.service.started;
      const { enrolment } = await worker.joined;
      expect([enrolment.workerId, enrolment.payeeId]).toEqual([wallet.id, payout]);
      const { outcome, receipt } = await submit(rig.requester, spec()).ended;
      expect([outcome, receipt?.signer]).toEqual(["completed", key.id]);
      await worker.service.stop();
    }
    expect(rig.api.taken.map(({ path }) => path)).toEqual(["sessions", "sessions"]);
  });

  it("says loudly that the wallet must sign again, and takes up what it has signed while the worker runs", async () => {
    rig.api.lifeSeconds = 2;
    const payout = generateIdentity().id;
    const { enrol, variables } = await enrolled(payout);
    await enrol(5 * DAY_MS);
    const worker = rig.worker(variables);
    await worker.service.started;
    const { enrolment } = await worker.joined;
    const before = enrolment.delegation.text;
    const warning = worker.log.find((line) => line.includes("must soon sign again")) ?? "{}";
    const { WORKER_WALLET: wallet, WORKER_ENROLMENT_FILE: file } = variables;
    expect(JSON.parse(warning)).toMatchObject({
      level: "error",
      command: `flock-worker enrol --api ${rig.api.url} --wallet ${wallet} --enrolment ${file} --payout ${payout}`,
    });
    await enrol(80 * DAY_MS);
    await eventually("the new delegation", () => enrolment.delegation.text !== before);
    const warnings = worker.log.filter((line) => line.includes("must soon sign again")).length;
    await rig.untilSessions(rig.api.jwts.length + 2);
    expect(worker.log.filter((line) => line.includes("must soon sign again"))).toHaveLength(warnings);
  });

  it.each([
    ["to another key", () => ({ key: generateIdentity() })],
    ["for another payee", () => ({ payout: generateIdentity().id })],
  ])("goes on as it is, and says so, when the wallet has signed anew %s", async (_what, change) => {
    rig.api.lifeSeconds = 2;
    const { key, wallet, enrol, variables } = await enrolled();
    await enrol(5 * DAY_MS);
    const worker = rig.worker(variables);
    await worker.service.started;
    const { enrolment } = await worker.joined;
    const before = enrolment.delegation.text;
    await enrol(80 * DAY_MS, change());
    await eventually("it to say so", () => worker.log.some((line) => line.includes("restart the worker")));
    await rig.untilSessions(rig.api.jwts.length + 1);
    expect([enrolment.delegation.text, enrolment.workKey.id]).toEqual([before, key.id]);
    expect([enrolment.workerId, enrolment.payeeId]).toEqual([wallet.id, undefined]);
  });

  it("does not start with what the wallet has signed for another api", async () => {
    const { variables } = await enrolled();
    const elsewhere = rig.api.url.replace("127.0.0.1", "localhost");
    await expect(
      rig.worker({ ...variables, WORKER_API_URL: elsewhere }).service.started,
    ).rejects.toMatchObject({
      code: "failed_precondition",
      message: expect.stringContaining(`holds no delegation by ${variables.WORKER_WALLET} for ${elsewhere}`),
    });
  });

  it("does not start without a delegation that lasts, and says how to get one", async () => {
    const { enrol, variables } = await enrolled();
    const startWith = (changes: object) => rig.worker({ ...variables, ...changes }).service.started;
    const how = expect.stringMatching(
      /"flock-worker enrol --api http\S+ --wallet \S+ --enrolment \S+" makes/,
    );
    const refused = { code: "failed_precondition", message: how };
    await expect(startWith({ WORKER_ENROLMENT_FILE: rig.file("missing") })).rejects.toMatchObject(refused);
    await expect(startWith({ WORKER_WALLET: generateIdentity().id })).rejects.toMatchObject(refused);
    await expect(startWith({ WORKER_PAYOUT: generateIdentity().id })).rejects.toMatchObject({
      message: expect.stringContaining("the wallet has signed for"),
    });
    const atMs = Date.now();
    await enrol(1_000);
    await eventually("it to lapse", () => Date.now() > atMs + 1_500);
    await expect(startWith({})).rejects.toMatchObject(refused);
  });

  it("says so if the api knows its delegation no more", async () => {
    const { variables } = await enrolled();
    rig.api.forget();
    await expect(rig.worker(variables).service.started).rejects.toMatchObject({
      code: "failed_precondition",
      message: expect.stringContaining("knows the delegation no more"),
    });
  });
});

describe("a worker that gets out by WebSocket alone", () => {
  it("connects that way after the other one", async () => {
    const closed = `nats://127.0.0.1:${await freePort()}`;
    rig.api.natsUrls = [closed, `ws://127.0.0.1:${listener.port}`];
    const worker = rig.worker();
    await worker.service.started;
    expect(worker.log.join()).toContain("the worker tries WebSocket");
    expect(await submit(rig.requester, spec()).ended).toMatchObject({ outcome: "completed" });
  }, 30_000);
});

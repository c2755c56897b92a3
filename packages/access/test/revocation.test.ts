import { FlockError } from "@flock/errors";
import { type Mesh, rememberWorkerSession, workerSessions } from "@flock/mesh";
import { eventually } from "@flock/provision/testing";
import { createUser } from "@nats-io/nkeys";
import {
  type AccessTree,
  accountId,
  createTree,
  forgetOldSigningKeys,
  issueService,
  issueWorkerCredentials,
  readmitWorker,
  readUser,
  revokeSessions,
  revokeWorker,
  rotateSigningKey,
  sessionsOf,
  signAccounts,
  updateAccount,
  workerIssuer,
} from "../src/index.js";
import { AccountsRig } from "./accounts-rig.js";

/** What the issue promises: five seconds from the command to the end of the connection. */
const REVOKED_WITHIN = { timeoutMs: 5_000 };

/** Of a credential that is seen to expire; a busy machine takes some of it to connect. */
const LIFE_SECONDS = 8;

let rig: AccountsRig;
let system: Mesh;

beforeAll(async () => {
  rig = await AccountsRig.start();
  system = await rig.system();
});

afterAll(() => rig.stop());

/** Gives the running server the account WORKERS of this tree. */
async function apply(tree: AccessTree): Promise<void> {
  const { accounts } = await signAccounts(tree);
  await updateAccount(system.nats, accounts.workers.jwt);
}

function keyIn(credentials: string): string {
  return readUser(/JWT-----\n(\S+)\n/.exec(credentials)?.[1] ?? "").key;
}

describe("revoking a worker", () => {
  it("ends its connection, refuses what it was issued before, and lets others and a new session in", async () => {
    const credentials = await rig.pass({ workerId: "Revoked" });
    const [revoked, other] = await Promise.all([
      rig.connect("revoked", credentials),
      rig.worker({ workerId: "Other" }),
    ]);
    const sessions = await sessionsOf(system.nats, accountId(rig.tree, "workers"), "Revoked");
    expect(sessions).toEqual([keyIn(credentials)]);

    const tree = revokeWorker(rig.tree, "Revoked", sessions, Date.now());
    await apply(tree);
    await eventually("the connection to end", () => !revoked.isConnected(), REVOKED_WITHIN);
    await expect(rig.connect("again", credentials)).rejects.toMatchObject({
      code: "unauthenticated",
      message: expect.stringContaining("refuses these credentials"),
    });
    await other.nats.flush();
    expect(other.isConnected()).toBe(true);
    const anew = await rig.connect("anew", await rig.pass({ workerId: "Revoked" }));
    expect(anew.isConnected()).toBe(true);
  });

  it("is heard of by a service that is refused again and again, so that it can end", async () => {
    const credentials = await rig.pass({ workerId: "Persistent" });
    const refused: FlockError[] = [];
    const onRefused = (error: FlockError): void => void refused.push(error);
    const mesh = await rig.connect("persistent", credentials, { onRefused });
    await apply(revokeSessions(rig.tree, [keyIn(credentials)], Date.now()));
    await eventually("it to be given up", () => refused.length > 0 && mesh.nats.isClosed());
    expect(refused).toEqual([expect.objectContaining({ code: "unauthenticated" })]);
    expect(mesh.isConnected()).toBe(false);
  });

  it("ends a session, too, in which it is not connected at that moment, if the session was remembered", async () => {
    const core = await rig.core();
    const [away, other] = await Promise.all([rig.pass({ workerId: "Away" }), rig.pass({ workerId: "Here" })]);
    await rememberWorkerSession(core, "Away", keyIn(away));
    await rememberWorkerSession(core, "Here", keyIn(other));
    const before = await rig.connect("away", away);
    await before.close();
    const id = accountId(rig.tree, "workers");
    const isGone = async () => (await sessionsOf(system.nats, id, "Away")).length === 0;
    await eventually("the server to have noticed", isGone);

    await apply(revokeWorker(rig.tree, "Away", await workerSessions(core, "Away"), Date.now()));
    await expect(rig.connect("back", away)).rejects.toMatchObject({ code: "unauthenticated" });
    expect((await rig.connect("here", other)).isConnected()).toBe(true);
  });

  it("finds every session in which it is connected, and none of another", async () => {
    await Promise.all([1, 2, 3].map(() => rig.worker({ workerId: "Thrice" })));
    expect(await sessionsOf(system.nats, accountId(rig.tree, "workers"), "Thrice")).toHaveLength(3);
    expect(await sessionsOf(system.nats, accountId(rig.tree, "workers"), "thrice")).toEqual([]);
  });

  it("is remembered for as long as a credential can live, and can be taken back", () => {
    const key = createUser().getPublicKey();
    const before = revokeSessions(createTree(), [key], 1_000);
    const later = revokeWorker(before, "A", [createUser().getPublicKey()], 40 * 86_400_000);
    expect(before.revokedSessions).toEqual({ [key]: 1 });
    expect(Object.keys(later.revokedSessions)).toHaveLength(1);
    expect(later.revokedWorkers).toEqual({ A: 40 * 86_400 });
    expect(readmitWorker(later, "A").revokedWorkers).toEqual({});
  });
});

describe("a credential that expires", () => {
  it("ends its connection at that moment, and opens none after it", async () => {
    const credentials = await issueWorkerCredentials(workerIssuer(rig.tree), {
      workerId: "Brief",
      lifeSeconds: LIFE_SECONDS,
    });
    const brief = await rig.connect("brief", credentials);
    const timeoutMs = LIFE_SECONDS * 1_000 + REVOKED_WITHIN.timeoutMs;
    await eventually("the connection to end", () => !brief.isConnected(), { timeoutMs });
    // A JWT ends with its second: in what is left of it the server still lets in, and at once cuts off.
    const refused = (): Promise<boolean> =>
      rig.connect("late", credentials).then(
        (late) => late.close().then(() => false),
        (error: unknown) => error instanceof FlockError && error.code === "unauthenticated",
      );
    await eventually("it to be refused", refused, REVOKED_WITHIN);
  });
});

describe("rotating the key that signs workers", () => {
  it("leaves those of the old key connected until it is forgotten, and cuts them off then", async () => {
    const oldOne = await rig.worker({ workerId: "OfTheOldKey" });
    const rotated = rotateSigningKey(rig.tree, "workers");
    await apply(rotated);
    await oldOne.nats.flush();
    const pass = { workerId: "OfTheNewKey", lifeSeconds: 60 };
    const newOne = await rig.connect("new", await issueWorkerCredentials(workerIssuer(rotated), pass));
    expect(oldOne.isConnected()).toBe(true);

    await apply(forgetOldSigningKeys(rotated, "workers"));
    await eventually("the old key's connection to end", () => !oldOne.isConnected(), REVOKED_WITHIN);
    await newOne.nats.flush();
    expect(newOne.isConnected()).toBe(true);
    await apply(rig.tree);
  });
});

describe("the running server", () => {
  it("lets nobody in whose account another operator has signed, even where it was given that account", async () => {
    const foreign = createTree();
    const { accounts } = await signAccounts(foreign);
    await updateAccount(system.nats, accounts.core.jwt);
    await expect(rig.connect("foreign", await issueService(foreign, "foreign"))).rejects.toMatchObject({
      code: "unauthenticated",
    });
  });

  it("says why it does not take what is no account", async () => {
    await expect(updateAccount(system.nats, "no account")).rejects.toMatchObject({
      code: "failed_precondition",
    });
  });
});

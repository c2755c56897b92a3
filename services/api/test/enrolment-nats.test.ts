import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type AccessTree,
  forgetOldSigningKeys,
  issueService,
  revokeWorker,
  rotateSigningKey,
  signAccounts,
  updateAccount,
  workerIssuer,
} from "@flock/access";
import { freshUserSeed, generateIdentity } from "@flock/keys";
import { banWorker, type Mesh, systemClock, workerSessions } from "@flock/mesh";
import { meshSigner } from "@flock/ports";
import { SUBJECTS } from "@flock/proto";
import { WorkersDefinition } from "@flock/proto/public";
import {
  createTestDirectory,
  eventually,
  startTestPostgres,
  type TestDirectory,
  type TestPostgres,
} from "@flock/provision/testing";
import { status } from "@grpc/grpc-js";
import { AccountsRig } from "../../../packages/access/test/accounts-rig.js";
import { ApiUnderTest } from "./api-under-test.js";
import { EnrollingWorker } from "./enrolling-worker.js";
import { failureOf, GrpcTestClient } from "./grpc-client.js";

/* From a wallet to a connection, on a real nats-server with accounts. */

let accounts: AccountsRig;
let postgres: TestPostgres;
let directory: TestDirectory;
let databaseUrl: string;
let core: Mesh;
let api: ApiUnderTest;

beforeAll(async () => {
  [accounts, postgres, directory] = await Promise.all([
    AccountsRig.start(),
    startTestPostgres(),
    createTestDirectory(),
  ]);
  databaseUrl = await postgres.createDatabase();
  core = await accounts.core();
  await writeFile(path("api.creds"), await issueService(accounts.tree, "api"));
  await writeIssuer(accounts.tree);
  api = await startApi({
    API_WORKER_ISSUER_FILE: path("issuer.json"),
    API_WORKER_NATS_URLS: accounts.nats.url,
  });
}, 120_000);
afterAll(async () => {
  await api?.stop();
  await accounts?.stop();
  await postgres?.stop();
  await directory?.remove();
});

const path = (name: string) => join(directory.path, name);

function startApi(environment: NodeJS.ProcessEnv): Promise<ApiUnderTest> {
  const own = { NATS_CREDENTIALS_FILE: path("api.creds"), ...environment };
  return ApiUnderTest.start(accounts.nats.url, databaseUrl, own);
}

function writeIssuer(tree: AccessTree): Promise<void> {
  return writeFile(path("issuer.json"), JSON.stringify(workerIssuer(tree)));
}

/** Gives the running server the account WORKERS of this tree. */
async function apply(tree: AccessTree): Promise<void> {
  const { accounts: signed } = await signAccounts(tree);
  const system = await accounts.system();
  await updateAccount(system.nats, signed.workers.jwt);
  await system.close();
}

function workerAt({ baseUrl }: ApiUnderTest): EnrollingWorker {
  return new EnrollingWorker(async (route, body) => {
    const init = { method: "POST", body: JSON.stringify(body) };
    const response = await fetch(`${baseUrl}/flock/v1${route}`, init);
    return { status: response.status, body: await response.json() };
  }, systemClock);
}

/** A worker that has enrolled, and what it was let in with. */
async function enrolled() {
  const worker = workerAt(api);
  await worker.delegate();
  const { body } = await worker.openSession();
  return { worker, id: worker.wallet.id, session: body };
}

function connect(id: string, jwt: string, seed: string): Promise<Mesh> {
  const credentials = [
    ...["-----BEGIN NATS USER JWT-----", jwt, "------END NATS USER JWT------"],
    ...["-----BEGIN USER NKEY SEED-----", seed, "------END USER NKEY SEED------"],
  ].join("\n");
  return accounts.connect(id, credentials, { inboxPrefix: SUBJECTS.workerInbox(id) });
}

describe("a session that the api has issued", () => {
  it("lets the worker in under its wallet's address, and under no other", async () => {
    const { worker, id, session } = await enrolled();
    expect(session).toMatchObject({
      nats_urls: [accounts.nats.url],
      mesh_keys: meshSigner.publicKeys,
    });
    const heard: string[] = [];
    core.nats.subscribe(SUBJECTS.allHeartbeats, { callback: (_, { subject }) => void heard.push(subject) });
    await core.nats.flush();
    const mesh = await connect(id, session.jwt, worker.sessionSeed);
    mesh.nats.publish(SUBJECTS.heartbeat(generateIdentity().id));
    mesh.nats.publish(SUBJECTS.heartbeat(worker.key.id));
    mesh.nats.publish(SUBJECTS.heartbeat(id));
    await eventually("its own is heard", () => heard.length > 0);
    expect(heard).toEqual([SUBJECTS.heartbeat(id)]);
  });

  it("lets nobody in who has the JWT and not the session's seed", async () => {
    const { worker, id, session } = await enrolled();
    await expect(connect(id, session.jwt, freshUserSeed())).rejects.toMatchObject({
      code: "unauthenticated",
    });
    expect((await connect(id, session.jwt, worker.sessionSeed)).isConnected()).toBe(true);
  });

  it("ends when the worker is revoked, connected or not, and none is issued any more", async () => {
    const { worker, id, session } = await enrolled();
    const other = freshUserSeed();
    const elsewhere = workerAt(api).session;
    expect((await worker.openSession({ change: { session: elsewhere } })).status).toBe(200);
    const mesh = await connect(id, session.jwt, worker.sessionSeed);
    await banWorker(core, id, { reason: "forged a receipt", unixMs: Date.now() });
    const sessions = await workerSessions(core, id);
    expect(sessions.sort()).toEqual([worker.session, elsewhere].sort());
    await apply(revokeWorker(accounts.tree, id, sessions, Date.now()));
    await eventually("the connection ends", () => !mesh.isConnected(), { timeoutMs: 5_000 });
    await expect(connect(id, session.jwt, worker.sessionSeed)).rejects.toMatchObject({
      code: "unauthenticated",
    });
    await expect(connect(id, session.jwt, other)).rejects.toMatchObject({ code: "unauthenticated" });
    expect(await worker.openSession()).toMatchObject({
      status: 403,
      body: { error: { message: "this wallet is banned: forged a receipt" } },
    });
  });

  it("is of the new key as soon as the file has it, without a restart", async () => {
    const before = await enrolled();
    const old = await connect(before.id, before.session.jwt, before.worker.sessionSeed);
    const rotated = rotateSigningKey(accounts.tree, "workers");
    await apply(rotated);
    await writeIssuer(rotated);
    const after = await enrolled();
    const fresh = await connect(after.id, after.session.jwt, after.worker.sessionSeed);
    await apply(forgetOldSigningKeys(rotated, "workers"));
    await eventually("the old one is cut off", () => !old.isConnected());
    await fresh.nats.flush();
    expect(fresh.isConnected()).toBe(true);
    await writeIssuer(accounts.tree);
    await apply(accounts.tree);
  });
});

describe("an api without an issuer", () => {
  it("says at every step that it enrols nobody, over HTTP and gRPC, and serves all else", async () => {
    const closed = await startApi({});
    const client = new GrpcTestClient(closed.grpcAddress, undefined);
    try {
      const [worker, open] = [workerAt(closed), workerAt(api)];
      const refused = {
        status: 503,
        body: { error: { code: "unavailable", message: "this api enrols no workers" } },
      };
      expect(await worker.challenge()).toMatchObject(refused);
      expect(await worker.handIn(await open.delegation())).toMatchObject(refused);
      expect(await worker.openSession()).toMatchObject(refused);
      const { challenge } = WorkersDefinition.methods;
      const ask = client.ask(WorkersDefinition, challenge, { wallet: worker.wallet.id });
      expect((await failureOf(ask)).code).toBe(status.UNAVAILABLE);
      expect(await closed.metrics()).toMatch(/refused_total\{step="session",reason="closed".*\} 1/);
      expect(closed.notReady).toEqual([]);
    } finally {
      client.close();
      await closed.stop();
    }
  });

  it("does not start with a file that holds none", async () => {
    await writeFile(path("broken.json"), "{}");
    const environment = {
      API_WORKER_ISSUER_FILE: path("broken.json"),
      API_WORKER_NATS_URLS: accounts.nats.url,
    };
    await expect(startApi(environment)).rejects.toMatchObject({
      message: expect.stringContaining("does not hold an issuer of workers"),
    });
  });
});

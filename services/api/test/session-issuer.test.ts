import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createTree, readUser, workerIssuer } from "@flock/access";
import { freshUserSeed, natsKeyOf } from "@flock/keys";
import { BansView, banWorker, type Mesh, workerSessions } from "@flock/mesh";
import { createLogger } from "@flock/observability";
import {
  createTestDirectory,
  startTestNats,
  type TestDirectory,
  type TestNats,
} from "@flock/provision/testing";
import { SESSIONS_MAX, SessionIssuer, type SessionIssuerOptions } from "../src/enrolment/session-issuer.js";
import { connectForTest } from "./api-under-test.js";

/* In which order a session is issued, so that no ban and no session miss each other. */

let nats: TestNats;
let mesh: Mesh;
let directory: TestDirectory;

beforeAll(async () => {
  [nats, directory] = await Promise.all([startTestNats(), createTestDirectory()]);
  mesh = await connectForTest(nats.url, "test");
  await writeFile(join(directory.path, "issuer.json"), JSON.stringify(workerIssuer(createTree())));
});
afterAll(async () => {
  await mesh?.close();
  await nats?.stop();
  await directory?.remove();
});

const issuerWith = (bans: SessionIssuerOptions["bans"]) => {
  const logger = createLogger("test", "silent");
  return SessionIssuer.open({ mesh, bans, file: join(directory.path, "issuer.json"), logger });
};
const grantTo = (workerId: string) => {
  return { workerId, session: natsKeyOf(freshUserSeed()).publicKey, lifeSeconds: 60 };
};

describe("the issuer of sessions", () => {
  it("remembers a session before it asks for a ban, and asks before it issues", async () => {
    const grant = grantTo("WorkerA");
    const remembered: string[][] = [];
    const bans = {
      read: async (workerId: string) => {
        remembered.push(await workerSessions(mesh, workerId));
        return undefined;
      },
    };
    const { jwt } = await (await issuerWith(bans)).issue(grant);
    expect(readUser(jwt)).toMatchObject({ name: "WorkerA", key: grant.session });
    expect(remembered).toEqual([[grant.session]]);
  });

  it("issues nothing to a worker whose ban nobody has followed, and its session can be revoked", async () => {
    const grant = grantTo("WorkerB");
    await banWorker(mesh, "WorkerB", { reason: "forged a receipt", unixMs: Date.now() });
    const notFollowing = new BansView(mesh);
    await expect((await issuerWith(notFollowing)).issue(grant)).rejects.toMatchObject({
      reason: "banned",
      message: "this wallet is banned: forged a receipt",
    });
    expect(await workerSessions(mesh, "WorkerB")).toEqual([grant.session]);
  });

  it("issues no more sessions than can be revoked to a worker that asks for many at once", async () => {
    const issuer = await issuerWith({ read: async () => undefined });
    const many = Array.from({ length: SESSIONS_MAX + 20 }, () => issuer.issue(grantTo("WorkerD")));
    const reasons = (await Promise.allSettled(many)).map((ended) => {
      return ended.status === "fulfilled" ? "issued" : ended.reason.reason;
    });
    expect(reasons.filter((reason) => reason === "issued")).toHaveLength(SESSIONS_MAX);
    expect(reasons.filter((reason) => reason === "sessions")).toHaveLength(20);
    expect(await workerSessions(mesh, "WorkerD")).toHaveLength(SESSIONS_MAX);
  }, 60_000);

  it("issues nothing while it cannot ask, and says no more than that", async () => {
    const bans = { read: () => Promise.reject(new Error("KV_BANS is away")) };
    await expect((await issuerWith(bans)).issue(grantTo("WorkerC"))).rejects.toMatchObject({
      reason: "away",
      code: "unavailable",
      message: "no session can be issued at the moment, please try again",
    });
  });
});

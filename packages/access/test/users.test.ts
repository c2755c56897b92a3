import { createUser } from "@nats-io/nkeys";
import {
  createTree,
  issueWorker,
  readUser,
  replaceIdentity,
  WORKER_LIFE_SECONDS_MAX,
  type WorkerPass,
  workerIssuer,
} from "../src/index.js";

const issuer = workerIssuer(createTree());
const sessionKey = createUser().getPublicKey();
const PASS: WorkerPass = { workerId: "WorkerA", sessionKey, lifeSeconds: 60 };

describe("a worker's credential", () => {
  it("names the worker, its session and its end, and holds no permission of its own", async () => {
    const jwt = await issueWorker(issuer, PASS);
    const { name, key, expiresUnixMs = 0 } = readUser(jwt);
    expect({ name, key }).toEqual({ name: "WorkerA", key: sessionKey });
    expect(expiresUnixMs - Date.now()).toBeGreaterThan(50_000);
    expect(expiresUnixMs - Date.now()).toBeLessThanOrEqual(61_000);
    const claims = JSON.parse(Buffer.from(jwt.split(".")[1] ?? "", "base64url").toString()) as {
      nats: object;
    };
    expect(claims.nats).toEqual({
      issuer_account: issuer.account,
      type: "user",
      version: 2,
    });
  });

  it.each<[string, Partial<WorkerPass>]>([
    ["an id with a wildcard", { workerId: "*" }],
    ["an id of two tokens", { workerId: "a.b" }],
    ["an id that is a template", { workerId: "{{subject()}}" }],
    ["no id", { workerId: "" }],
    ["a key of an account", { sessionKey: issuer.account }],
    ["a key that is none", { sessionKey: `U${"A".repeat(54)}` }],
    ["no time", { lifeSeconds: 0 }],
    ["part of a second", { lifeSeconds: 1.5 }],
    ["for ever", { lifeSeconds: WORKER_LIFE_SECONDS_MAX + 1 }],
  ])("is not issued for %s", async (_, change) => {
    await expect(issueWorker(issuer, { ...PASS, ...change })).rejects.toMatchObject({
      code: "invalid_argument",
    });
  });

  it("is signed by a key that another identity of the account does not have", () => {
    const tree = createTree();
    expect(workerIssuer(replaceIdentity(tree, "workers"))).not.toEqual(workerIssuer(tree));
    expect(workerIssuer(replaceIdentity(tree, "core"))).toEqual(workerIssuer(tree));
  });

  it.each(["", "a.b.c", "x.e30.x", `x.${Buffer.from("[]").toString("base64url")}.x`])(
    "does not read %j as the JWT of a user",
    (text) => {
      expect(() => readUser(text)).toThrow("not the JWT of a NATS user");
    },
  );
});

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { FlockError } from "@flock/errors";
import { connectMesh, type Mesh, method, openBucket, type ServedMethod, serve } from "@flock/mesh";
import { createLogger, createMetrics } from "@flock/observability";
import { BUCKETS, encode, modelToken, PROTOCOL_VERSION } from "@flock/proto";
import { CatalogueEntry } from "@flock/proto/catalogue";
import { API, KeyRights } from "@flock/proto/keys";
import { type FundRequest, LEDGER, TransferPhase } from "@flock/proto/ledger";
import { ServedModel, WorkerSnapshot, WorkerState } from "@flock/proto/workers";
import {
  createTestDirectory,
  startTestNats,
  type TestDirectory,
  type TestNats,
} from "@flock/provision/testing";
import { type Run, runHere } from "./run-here.js";

/*
 * The command against a real nats-server, with stand-ins for the services behind it: in this process, and where the
 * process itself matters (exit code, output, a clean end) as one of its own, from built output.
 */

const MAIN = fileURLToPath(new URL("../dist/main.js", import.meta.url));
const version = PROTOCOL_VERSION;
const KEY_ID = "11111111-1111-4111-8111-111111111111";

/** As a process. */
function run(args: readonly string[], environment: Record<string, string>, cwd?: string): Promise<Run> {
  const options = { env: { PATH: process.env["PATH"], ...environment }, cwd, timeout: 20_000 };
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...args], options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr });
    });
  });
}

describe("flock", () => {
  let nats: TestNats;
  let mesh: Mesh;
  let directory: TestDirectory;
  let services: readonly Promise<void>[];
  const stop = new AbortController();
  const funded: FundRequest[] = [];

  const keyMethods: readonly ServedMethod[] = [
    method(API.createKey, () => ({ version, keyId: KEY_ID, apiKey: "flk_secret" })),
    method(API.revokeKey, ({ keyId }) => {
      if (keyId !== KEY_ID) throw new FlockError("not_found", `there is no API key '${keyId}'`);
      return { version };
    }),
    method(API.listKeys, ({ accountId }) => ({
      version,
      keys:
        accountId === "alice"
          ? [
              {
                keyId: KEY_ID,
                accountId,
                label: "laptop",
                createdUnixMs: 1_700_000_000_000,
                revokedUnixMs: 0,
                rights: KeyRights.fromPartial({
                  scopes: ["inference"],
                  models: ["able:7b"],
                  expiresUnixMs: 2_000_000_000_000,
                }),
              },
              {
                keyId: "k2",
                accountId,
                label: "",
                createdUnixMs: 1_700_000_000_000,
                revokedUnixMs: 1_700_000_060_000,
              },
            ]
          : [],
    })),
  ];
  const ledgerMethods: readonly ServedMethod[] = [
    method(LEDGER.balance, () => ({
      version,
      availableMicro: 1_500_000n,
      heldMicro: 1n,
      postedMicro: 1_500_001n,
    })),
    method(LEDGER.statement, ({ ledgerAccount, limit }) => ({
      version,
      nextCursor: limit === 1 ? "41" : "",
      transfers: [
        {
          transferId: "t1",
          kind: "settlement",
          debitAccount: ledgerAccount,
          creditAccount: "earnings:w",
          amountMicro: 250_000n,
          businessId: "job-1",
          createdUnixMs: 1_700_000_000_000,
          sequence: 42n,
          phase: TransferPhase.SINGLE,
        },
      ],
    })),
    method(LEDGER.fund, (request) => {
      funded.push(request);
      return { version, availableMicro: request.amountMicro };
    }),
  ];

  beforeAll(async () => {
    if (!existsSync(MAIN))
      throw new Error('not built: run "npm run build" first ("npm test" does so itself)');
    [nats, directory] = await Promise.all([startTestNats(), createTestDirectory()]);
    const logger = createLogger("test", "silent");
    mesh = await connectMesh({ natsUrl: nats.url, name: "test", logger, meter: createMetrics("test").meter });
    services = [
      serve(mesh, "api", keyMethods).start(stop.signal),
      serve(mesh, "ledger", ledgerMethods).start(stop.signal),
    ];
    await writeFile(join(directory.path, "local.json"), JSON.stringify({ natsUrl: nats.url, apiKey: "x" }));
  }, 60_000);
  afterAll(async () => {
    stop.abort();
    await Promise.all(services ?? []);
    await mesh?.close();
    await nats?.stop();
    await directory?.remove();
  });

  const flock = (...args: string[]) => runHere(args, { NATS_URL: nats.url });
  const json = async (...args: string[]) => JSON.parse((await flock(...args, "--json")).stdout);

  it("creates a key, and shows it this once", async () => {
    const args = ["keys", "create", "--account", "alice", "--label", "laptop"];
    const { code, stdout, stderr } = await run(args, { NATS_URL: nats.url });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toBe(
      `API key  flk_secret\nkey id   ${KEY_ID}\n\nKeep the key: it cannot be shown again.\n`,
    );
    expect(await json("keys", "create", "--account", "alice")).toEqual({
      accountId: "alice",
      keyId: KEY_ID,
      apiKey: "flk_secret",
      label: "",
    });
  });

  it.each([
    ["--help"],
    ["keys", "--help"],
    ["keys", "list", "--account", "alice"],
    ["balance", "alice", "--json"],
    ["no-such-command"],
  ])("ends quietly, as by SIGPIPE, when nobody reads what it prints: %s %s", async (...args) => {
    const env = { PATH: process.env["PATH"], NATS_URL: nats.url };
    const child = spawn(process.execPath, [MAIN, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    // What fails prints on standard error alone, which is read no more than the rest is.
    const unread = args[0] === "no-such-command" ? child.stderr : child.stdout;
    const read = unread === child.stdout ? child.stderr : child.stdout;
    unread.destroy();
    read.on("data", (chunk) => {
      output += chunk;
    });
    expect(await once(child, "close")).toEqual([141, null]);
    expect(output).toBe("");
  });

  it("lists and revokes keys", async () => {
    expect((await flock("keys", "list", "--account", "alice")).stdout).toBe(
      "key id                                created              expires              revoked              scopes     models   label\n" +
        `${KEY_ID}  2023-11-14 22:13:20  2033-05-18 03:33:20                       inference  able:7b  laptop\n` +
        "k2                                    2023-11-14 22:13:20                       2023-11-14 22:14:20\n",
    );
    expect((await flock("keys", "list", "--account", "bob")).stdout).toBe("account bob has no keys\n");
    expect(await json("keys", "revoke", KEY_ID)).toEqual({ keyId: KEY_ID, revoked: true });
    expect(await run(["keys", "revoke", "nonsense", "--nats-url", nats.url], {})).toEqual({
      code: 1,
      stdout: "",
      stderr: "flock: there is no API key 'nonsense'\n",
    });
  });

  it("tells a balance exactly, for people and for machines", async () => {
    expect((await flock("balance", "alice")).stdout).toBe(
      "wallet:alice              LLAMA\n" +
        "available                   1.5\n" +
        "held for running jobs  0.000001\n" +
        "posted                 1.500001\n",
    );
    expect(await json("balance", "pool:rewards")).toEqual({
      ledgerAccount: "pool:rewards",
      availableMicro: "1500000",
      heldMicro: "1",
      postedMicro: "1500001",
    });
  });

  it("shows a statement from the account's side, page by page", async () => {
    const { stdout } = await flock("statement", "alice", "--limit", "1");
    expect(stdout).toBe(
      "time (UTC)           kind        LLAMA  with        for\n" +
        "2023-11-14 22:13:20  settlement  -0.25  earnings:w  job-1\n" +
        "\nmore: --cursor 41\n",
    );
    expect((await flock("statement", "alice", "--limit", "0")).stderr).toBe(
      "flock: --limit 0: a number from 1 to 500 is needed\n",
    );
  });

  it("funds a wallet from pool:dev, once per transfer id", async () => {
    const { stdout } = await flock("fund", "alice", "12.5", "--transfer-id", KEY_ID);
    expect(stdout).toContain("moved 12.5 LLAMA from pool:dev to wallet:alice");
    expect(funded.at(-1)).toEqual({
      version,
      transferId: KEY_ID,
      accountId: "alice",
      amountMicro: 12_500_000n,
    });
    for (const amount of ["0", "1e3", "a lot"]) {
      const { code, stderr } = await flock("fund", "alice", amount);
      expect(code).toBe(1);
      expect(stderr).toMatch(/^flock: .*amount.*\n$/);
    }
  });

  it("shows what live workers serve", async () => {
    expect((await flock("models")).stdout).toBe("no live worker has a model\n");
    expect((await flock("workers")).stdout).toBe("no live workers\n");
    const entry = CatalogueEntry.fromPartial({
      version,
      name: "flock-tiny:latest",
      contextLength: 2_048,
      capabilities: ["completion"],
      promptPriceMicro: 2n,
      completionPriceMicro: 5n,
    });
    const worker = WorkerSnapshot.fromPartial({
      version,
      workerId: "w1",
      state: WorkerState.READY,
      slots: 4,
      active: 1,
      breaker: "closed",
      expiresUnixMs: Date.now() + 60_000,
      models: [ServedModel.fromPartial({ name: entry.name, loaded: true })],
    });
    await (await openBucket(mesh, BUCKETS.models)).put(modelToken(entry.name), encode(CatalogueEntry, entry));
    await (await openBucket(mesh, BUCKETS.workers)).put(worker.workerId, encode(WorkerSnapshot, worker));
    expect((await flock("models")).stdout).toBe(
      "model              workers  ready  slots  loaded  context  LLAMA/M prompt  LLAMA/M completion  capabilities\n" +
        "flock-tiny:latest        1      1      4       1     2048               2                   5  completion\n",
    );
    expect((await flock("workers")).stdout).toBe(
      "worker  state  busy  breaker  models\nw1      ready   1/4  closed   flock-tiny:latest (loaded)\n",
    );
    expect(await json("workers")).toMatchObject([{ workerId: "w1", state: "ready", slots: 4 }]);
    const paused = { ...worker, state: WorkerState.PAUSED };
    await (await openBucket(mesh, BUCKETS.workers)).put(worker.workerId, encode(WorkerSnapshot, paused));
    expect(await json("models")).toMatchObject([
      { name: entry.name, workers: 1, ready: 0, slots: 0, loaded: 0 },
    ]);
  });

  it("finds the mesh by its data directory", async () => {
    const args = ["balance", "alice", "--json", "--data-dir", directory.path];
    expect((await run(args, {})).code).toBe(0);
    const nowhere = await run(["balance", "alice"], {}, directory.path);
    expect(nowhere.code).toBe(1);
    expect(nowhere.stderr).toMatch(/^flock: no mesh runs on .*\.flock: start one with "npm start".*\n$/);
  });

  it.each([
    [
      ["balance", "alice", "--nats-url", "nats://127.0.0.1:1"],
      /^flock: cannot reach NATS at nats:\/\/127.0.0.1:1\n$/,
    ],
    [["keys", "create"], /^error: required option '--account <id>' not specified\n\(see --help\)\n$/],
    [["frobnicate"], /^error: unknown command 'frobnicate'\n\(see --help\)\n$/],
    [["worker", "pause", "--health-url", "x"], /^flock: --health-url x is not a URL\n$/],
    [
      ["worker", "pause", "--health-url", "http://127.0.0.1:1"],
      /^flock: no worker answers at http:\/\/127.0.0.1:1\n$/,
    ],
  ])("says in a line what is wrong with %j", async (args, line) => {
    const { code, stdout, stderr } = await flock(...args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(line);
  });

  it("says that a part is away", async () => {
    stop.abort();
    await Promise.all(services);
    expect(await flock("balance", "alice")).toEqual({
      code: 1,
      stdout: "",
      stderr: "flock: svc.ledger.balance: nobody serves it at the moment\n",
    });
  });
});

describe("flock worker", () => {
  let worker: Server;
  const asked: string[] = [];
  let healthUrl: string;

  beforeAll(async () => {
    worker = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      const isKnown = /^\/control\/(pause|resume|drain|state)$/.test(request.url ?? "");
      response.writeHead(isKnown ? 200 : 404, { "content-type": "application/json" });
      response.end('{"state":"PAUSED","activeLeases":0}');
    });
    await new Promise<void>((resolve) => worker.listen(0, "127.0.0.1", resolve));
    healthUrl = `http://127.0.0.1:${(worker.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    worker.closeAllConnections();
    worker.close();
  });

  it.each([
    ["pause", "POST"],
    ["resume", "POST"],
    ["drain", "POST"],
    ["state", "GET"],
  ])("%s", async (verb, httpMethod) => {
    const { code, stdout } = await runHere(["worker", verb, "--health-url", `${healthUrl}/`], {});
    expect({ code, stdout }).toEqual({ code: 0, stdout: '{"state":"PAUSED","activeLeases":0}\n' });
    expect(asked.at(-1)).toBe(`${httpMethod} /control/${verb}`);
  });

  it("tells that it asked somebody else", async () => {
    const { code, stderr } = await run(["worker", "pause", "--health-url", `${healthUrl}/elsewhere`], {});
    expect(code).toBe(1);
    expect(stderr).toMatch(/answered 404: is that a worker's health port\?\n$/);
  });
});

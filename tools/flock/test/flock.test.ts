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
import { Offence, OffenceRecord, ServedModel, WorkerSnapshot, WorkerState } from "@flock/proto/workers";
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
    const args = ["admin", "keys", "create", "--account", "alice", "--label", "laptop"];
    const { code, stdout, stderr } = await run(args, { NATS_URL: nats.url });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "\nKeep the key: it cannot be shown again.\n" });
    expect(stdout).toBe(`API key\tflk_secret\nkey id\t${KEY_ID}\n`);
    expect(await json("admin", "keys", "create", "--account", "alice")).toEqual({
      accountId: "alice",
      keyId: KEY_ID,
      apiKey: "flk_secret",
      label: "",
    });
  });

  it.each([
    ["--help"],
    ["admin", "keys", "--help"],
    ["admin", "keys", "list", "--account", "alice"],
    ["admin", "balance", "alice", "--json"],
    ["no-such-command"],
  ])("ends quietly when nobody reads what it prints: %s %s", async (...args) => {
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
    expect(await once(child, "close")).toEqual([unread === child.stderr ? 2 : 0, null]);
    expect(output).toBe("");
  });

  it("lists and revokes keys", async () => {
    expect((await flock("admin", "keys", "list", "--account", "alice")).stdout).toBe(
      "key id                                label   created              expires              revoked              scopes     models\n" +
        `${KEY_ID}  laptop  2023-11-14 22:13:20  2033-05-18 03:33:20                       inference  able:7b\n` +
        "k2                                            2023-11-14 22:13:20                       2023-11-14 22:14:20\n",
    );
    expect((await flock("admin", "keys", "list", "--account", "bob")).stderr).toBe(
      "account bob has no keys\n",
    );
    expect(await json("admin", "keys", "revoke", KEY_ID)).toEqual({ keyId: KEY_ID, revoked: true });
    expect(await run(["admin", "keys", "revoke", "nonsense", "--nats-url", nats.url], {})).toEqual({
      code: 4,
      stdout: "",
      stderr: "flock: there is no API key 'nonsense'\n",
    });
  });

  it("tells a balance exactly, for people and for machines", async () => {
    expect((await flock("admin", "balance", "alice")).stdout).toBe(
      "wallet:alice              LLAMA\n" +
        "available                   1.5\n" +
        "held for running jobs  0.000001\n" +
        "posted                 1.500001\n",
    );
    expect(await json("admin", "balance", "pool:rewards")).toEqual({
      ledgerAccount: "pool:rewards",
      availableMicro: "1500000",
      heldMicro: "1",
      postedMicro: "1500001",
    });
  });

  it("shows a statement from the account's side, page by page", async () => {
    expect(await flock("admin", "statement", "alice", "--limit", "1")).toEqual({
      code: 0,
      stdout:
        "time (UTC)           kind        LLAMA  with        for\n" +
        "2023-11-14 22:13:20  settlement  -0.25  earnings:w  job-1\n",
      stderr: "more: --cursor 41\n",
    });
    expect((await flock("admin", "statement", "alice", "--limit", "0")).stderr).toBe(
      "flock: --limit 0: a number from 1 to 500 is needed\n",
    );
  });

  it("funds a wallet from pool:dev, once per transfer id", async () => {
    const { stdout } = await flock("admin", "fund", "alice", "12.5", "--yes", "--transfer-id", KEY_ID);
    expect(stdout).toContain("moved 12.5 LLAMA from pool:dev to wallet:alice");
    expect(funded.at(-1)).toEqual({
      version,
      transferId: KEY_ID,
      accountId: "alice",
      amountMicro: 12_500_000n,
    });
    for (const amount of ["0", "1e3", "a lot"]) {
      const { code, stderr } = await flock("admin", "fund", "alice", amount, "--yes");
      expect(code).toBe(2);
      expect(stderr).toMatch(/^flock: .*amount.*\n$/);
    }
  });

  it("shows what live workers serve", async () => {
    expect((await flock("admin", "models")).stderr).toBe("no live worker has a model\n");
    expect((await flock("admin", "workers")).stderr).toBe("no live workers\n");
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
    expect((await flock("admin", "models")).stdout).toBe(
      "model              workers  ready  slots  loaded  context  LLAMA/M prompt  LLAMA/M completion  capabilities\n" +
        "flock-tiny:latest        1      1      4       1     2048               2                   5  completion\n",
    );
    expect((await flock("admin", "workers")).stdout).toBe(
      "worker  state  busy  breaker  models\nw1      ready   1/4  closed   flock-tiny:latest (loaded)\n",
    );
    expect(await json("admin", "workers")).toMatchObject([{ workerId: "w1", state: "ready", slots: 4 }]);
    const paused = { ...worker, state: WorkerState.PAUSED };
    await (await openBucket(mesh, BUCKETS.workers)).put(worker.workerId, encode(WorkerSnapshot, paused));
    expect(await json("admin", "models")).toMatchObject([
      { name: entry.name, workers: 1, ready: 0, slots: 0, loaded: 0 },
    ]);
  });

  it("shows what workers were caught at, and until when they are cut off", async () => {
    expect((await flock("admin", "offences")).stderr).toBe("no worker was caught\n");
    const counts = [{ offence: Offence.FORGED_RECEIPT, count: 5, firstUnixMs: 1_000, lastUnixMs: 2_000 }];
    const cutOffUntilUnixMs = Date.parse("2999-01-01T00:00:00Z");
    const record = OffenceRecord.fromPartial({ version, counts, cutOffUntilUnixMs, timesCutOff: 1 });
    await (await openBucket(mesh, BUCKETS.offences)).put("w1", encode(OffenceRecord, record));
    const { stdout } = await flock("admin", "offences");
    expect(stdout).toContain("w1      forged_receipt 5              1  2999-01-01T00:00:00.000Z\n");
    expect(await json("admin", "offences")).toMatchObject([
      { workerId: "w1", caught: [{ offence: "forged_receipt", count: 5 }], timesCutOff: 1 },
    ]);
  });

  it("finds the mesh by its data directory", async () => {
    const args = ["admin", "balance", "alice", "--json", "--data-dir", directory.path];
    expect((await run(args, {})).code).toBe(0);
    const nowhere = await run(["admin", "balance", "alice"], {}, directory.path);
    expect(nowhere.code).toBe(4);
    expect(nowhere.stderr).toMatch(/^flock: no mesh runs on .*\.flock: start one with "flock up".*\n$/);
  });

  it.each([
    [
      6,
      ["admin", "balance", "alice", "--nats-url", "nats://127.0.0.1:1"],
      /^flock: cannot reach NATS at nats:\/\/127.0.0.1:1\n$/,
    ],
    [
      2,
      ["admin", "keys", "create"],
      /^flock: flock admin keys create: required option '--account <id>' not specified\nflock .* --help .*\n$/,
    ],
    [2, ["frobnicate"], /^flock: flock has no command 'frobnicate'\nflock --help tells how it is used\n$/],
    [2, ["worker", "pause", "--health-url", "x"], /^flock: --health-url x is not a URL\n$/],
    [
      6,
      ["worker", "pause", "--health-url", "http://127.0.0.1:1"],
      /^flock: no worker answers at http:\/\/127.0.0.1:1\n$/,
    ],
  ])("ends with %d, and says what is wrong with %j", async (exitCode, args, line) => {
    const { code, stdout, stderr } = await flock(...args);
    expect({ code, stdout }).toEqual({ code: exitCode, stdout: "" });
    expect(stderr).toMatch(line);
  });

  it("says that a part is away", async () => {
    stop.abort();
    await Promise.all(services);
    expect(await flock("admin", "balance", "alice")).toEqual({
      code: 6,
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
    ["pause", "POST /control/pause"],
    ["resume", "POST /control/resume"],
    ["drain", "POST /control/drain"],
    ["status", "GET /control/state"],
  ])("%s", async (verb, request) => {
    const args = ["worker", verb, "--health-url", `${healthUrl}/`];
    const { code, stdout } = await runHere(args, {});
    expect({ code, stdout }).toEqual({ code: 0, stdout: "state         PAUSED\nactiveLeases  0\n" });
    expect((await runHere([...args, "--json"], {})).stdout).toBe('{"state":"PAUSED","activeLeases":0}\n');
    expect(asked.at(-1)).toBe(request);
  });

  it("is started in our place, and with --json each line of it is one of JSON, and the last the only result", async () => {
    const { code, stdout } = await run(["worker", "start", "--json", "--", "--help"], {});
    const told = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(told.filter(({ type }) => type === "line").length).toBeGreaterThan(5);
    expect(told.filter(({ type }) => type === "result")).toEqual([told.at(-1)]);
    expect([code, told.at(-1)]).toEqual([0, { type: "result", exit_code: 0 }]);
    expect((await run(["worker", "start"], { HOME: "/nonexistent" }, "/")).code).toBe(2);
  });

  it("tells that it asked somebody else", async () => {
    const { code, stderr } = await run(["worker", "pause", "--health-url", `${healthUrl}/elsewhere`], {});
    expect(code).toBe(4);
    expect(stderr).toMatch(/answered 404: is that a worker's health port\?\n$/);
  });
});

import { randomBytes } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { eventually, secretForms, type TestAccount, TestMesh } from "@flock/harness";
import { generateIdentity } from "@flock/keys";
import { freePort } from "@flock/provision";
import {
  createTestDirectory,
  startTestNats,
  startTestPostgres,
  type TestDirectory,
  type TestNats,
  type TestPostgres,
} from "@flock/provision/testing";
import { base58 } from "@scure/base";
import { MarkedService, SERVICE_ENVIRONMENT } from "./marked-service.js";

const SERVICES = Object.keys(SERVICE_ENVIRONMENT);
const WITH_DATABASE = ["api", "ledger", "treasury", "verifier"];
/** Throws what a library might, an error with a whole URL in it, as soon as somebody listens for such. */
const CRASH = `const timer = setInterval(() => {
  if (process.listenerCount("uncaughtException") === 0) return;
  clearInterval(timer);
  throw new Error("cannot reach " + process.env.NATS_URL);
}, 5);`;

const newMark = () => `Mark${randomBytes(12).toString("hex")}`;

let directory: TestDirectory;
let locked: TestNats;
let nats: TestNats;
let postgres: TestPostgres;
let closed: number;
let keyFile: string;
beforeAll(async () => {
  directory = await createTestDirectory();
  const extraConfig = 'authorization { user: "somebody", password: "known" }';
  [locked, nats, postgres] = await Promise.all([
    startTestNats({ extraConfig }),
    startTestNats(),
    startTestPostgres(),
  ]);
  closed = await freePort();
  keyFile = join(directory.path, "key.json");
}, 60_000);
afterAll(async () => {
  await Promise.all([locked.stop(), nats.stop(), postgres.stop()]);
  await directory.remove();
});

/** A key file with a new key, and the forms in which somebody could show it. */
async function newKey(): Promise<Record<string, string | Uint8Array>> {
  const bytes = generateIdentity().secretKey();
  await writeFile(keyFile, JSON.stringify([...bytes]), { mode: 0o600 });
  return keyForms(bytes);
}

/** Of a Solana key, whose second half everybody may know. */
function keyForms(bytes: Uint8Array): Record<string, string | Uint8Array> {
  const seed = bytes.slice(0, 32);
  return {
    "numbers of a key": seed.join(","),
    "bytes of a key": seed,
    "base58 of a key": base58.encode(bytes),
  };
}

/** What every service gets here: everything that it may need, with secrets wherever one can stand. */
async function environmentWith(own: Readonly<Record<string, string>>) {
  const marks = { nats: newMark(), database: newMark(), path: newMark(), query: newMark() };
  const key = await newKey();
  const usual = {
    NATS_URL: `nats://somebody:${marks.nats}@127.0.0.1:${nats.port}`,
    DATABASE_URL: `postgres://flock:${marks.database}@127.0.0.1:${closed}/x?sslmode=disable`,
    SOLANA_RPC_URLS: `http://127.0.0.1:${closed}/${marks.path}?api-key=${marks.query}`,
    TREASURY_KEY_FILE: keyFile,
    WORKER_KEY_FILE: keyFile,
    BRIDGE_KEY_FILE: keyFile,
    MESH_KEY_FILE: keyFile,
  };
  const marked = Object.entries(own).map(([name, value]) => [
    name,
    value.replace("NATS-MARK", marks.nats).replace("DATABASE-MARK", marks.database),
  ]);
  return { environment: { ...usual, ...Object.fromEntries(marked) }, secrets: { ...marks, ...key } };
}

async function shownBy(service: string, own: Readonly<Record<string, string>>, words: RegExp) {
  const { environment, secrets } = await environmentWith(own);
  const run = MarkedService.start(service, environment);
  try {
    await run.untilItSays(words);
  } finally {
    // Else it would outlive a test that fails.
    run.stop();
  }
  return run.shown(secrets);
}

describe.each(SERVICES)("secrets that %s was given", (service) => {
  it("are shown nowhere while NATS is not there", async () => {
    const own = { NATS_URL: `nats://somebody:NATS-MARK@127.0.0.1:${closed}` };
    expect(await shownBy(service, own, /waiting for (NATS|the database|the chain)/)).toEqual([]);
  });

  it("are shown nowhere when NATS refuses them, or is none", async () => {
    const refused = {
      NATS_URL: `nats://somebody:NATS-MARK@127.0.0.1:${locked.port}`,
      DATABASE_URL: postgres.url,
    };
    expect(
      await shownBy(service, refused, /refuses these|refuses a connection|waiting for the chain/),
    ).toEqual([]);
    const broken = { NATS_URL: "nats://somebody:NATS-MARK@[not-an-address", DATABASE_URL: postgres.url };
    expect(await shownBy(service, broken, /did not start|waiting for/)).toEqual([]);
  });

  it("are shown nowhere when it crashes with an error of somebody else's", async () => {
    const own = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(CRASH)}` };
    expect(await shownBy(service, own, /an error that nobody caught/)).toEqual([]);
  });

  it("are shown nowhere when its configuration is wrong", async () => {
    const own = {
      DRAIN_TIMEOUT_MS: "x",
      DATABASE_URL: "mysql://flock:DATABASE-MARK@h/x",
      NATS_URL: "NATS-MARK",
    };
    expect(await shownBy(service, own, /bad configuration/)).toEqual([]);
  });
});

describe.each(WITH_DATABASE)("the database's password that %s was given", (service) => {
  it("is shown nowhere while the database is not there", async () => {
    expect(await shownBy(service, {}, /waiting for the database/)).toEqual([]);
  });

  it("is shown nowhere when the database refuses it", async () => {
    const url = new URL(postgres.url);
    url.password = "DATABASE-MARK";
    expect(await shownBy(service, { DATABASE_URL: url.href }, /did not start/)).toEqual([]);
  });

  it("is shown nowhere when its URL is broken", async () => {
    const own = { DATABASE_URL: "postgres://flock:DATABASE-MARK@[broken:x/y" };
    expect(await shownBy(service, own, /did not start/)).toEqual([]);
  });
});

describe("the keys of the treasury's RPC endpoints", () => {
  it("are shown nowhere while no endpoint answers", async () => {
    expect(await shownBy("treasury", { DATABASE_URL: postgres.url }, /waiting for the chain/)).toEqual([]);
  });
});

describe("files that should have keys", () => {
  it.each([
    ["treasury", "TREASURY_KEY_FILE"],
    ["worker", "WORKER_KEY_FILE"],
    ["bridge", "BRIDGE_KEY_FILE"],
    ["router", "NATS_CREDENTIALS_FILE"],
    ["router", "MESH_KEY_FILE"],
    ["api", "API_WORKER_ISSUER_FILE"],
  ])("are not quoted by %s when they have something else (%s)", async (service, variable) => {
    const mark = newMark();
    const file = join(directory.path, "not-a-key");
    await writeFile(file, `["${mark}"]`);
    const { environment, secrets } = await environmentWith({ [variable]: file, DATABASE_URL: postgres.url });
    const run = MarkedService.start(service, environment);
    await run.untilItSays(/did not start/);
    expect(await run.shown({ ...secrets, mark })).toEqual([]);
  });
});

describe("the secrets of a whole mesh", () => {
  let mesh: TestMesh;
  let alice: TestAccount;
  beforeAll(async () => {
    mesh = await TestMesh.start({ workers: 1, chain: true, logLevel: "trace" });
    alice = await mesh.account("alice");
  }, 180_000);
  afterAll(() => mesh?.stop(), 60_000);

  it("are in no log, no metric, no error and on no command line, after requests that work and that fail", async () => {
    const secrets = await secretsOf(mesh, alice);
    expect(secrets.size).toBeGreaterThan(8);
    const { apiUrl } = mesh.state;
    const body = JSON.stringify({
      model: mesh.model,
      prompt: "x",
      stream: false,
      options: { num_predict: 4 },
    });
    const answers = await Promise.all(
      [alice.client.apiKey, `${alice.client.apiKey}x`].flatMap((key) => [
        textOf(`${apiUrl}/api/generate`, {
          method: "POST",
          body,
          headers: { authorization: `Bearer ${key}` },
        }),
        textOf(`${apiUrl}/api/generate`, { method: "POST", body: "{", headers: { "x-api-key": key } }),
        textOf(`${apiUrl}/k/${key}/api/nothing`),
        textOf(`${apiUrl}/k/${key}`, { method: "DELETE" }),
      ]),
    );
    expect(answers[0]).toContain('"done":true');
    const logs = join(mesh.dataDir, "logs");
    await eventually("the requests are logged", async () => {
      const lines = (await readFile(join(logs, "api.log"), "utf8")).split("\n");
      return lines.filter((line) => line.includes('"msg":"request"')).length >= answers.length;
    });
    const shown = new Map<string, string>([["answers", answers.join()]]);
    for (const name of await readdir(logs)) {
      const text = await readFile(join(logs, name), "utf8");
      shown.set(name, text);
      const [, port] = /"healthPort":(\d+)/.exec(text) ?? [];
      if (port !== undefined)
        shown.set(`metrics of ${name}`, await textOf(`http://127.0.0.1:${port}/metrics`));
    }
    for (const pid of Object.values(mesh.state.pids).flat())
      shown.set(`command line of ${pid}`, await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => ""));
    expect(shown.size).toBeGreaterThan(20);
    const found = [...shown].flatMap(([place, text]) => {
      const bytes = Buffer.from(text);
      return [...secrets]
        .filter(([, secret]) => secretForms(secret).some((form) => bytes.includes(form)))
        .map(([name]) => `${name} in ${place}`);
    });
    expect(found).toEqual([]);
  }, 120_000);
});

/** Every secret that the mesh keeps in its files, by where it stands, and those of its accounts. */
async function secretsOf(mesh: TestMesh, account: TestAccount): Promise<Map<string, string | Uint8Array>> {
  const secrets = new Map<string, string | Uint8Array>([
    ["password of the database", new URL(mesh.state.databaseUrl).password],
    ["key of the demo account", mesh.state.apiKey],
    ["key of alice", account.client.apiKey],
  ]);
  for (const folder of ["access", "workers", "treasury", "wallets"]) {
    const entries = await readdir(join(mesh.dataDir, folder), { withFileTypes: true });
    for (const { name } of entries.filter((entry) => entry.isFile())) {
      const text = await readFile(join(mesh.dataDir, folder, name), "utf8");
      for (const [seed] of text.matchAll(/\bS[AOU][A-Z2-7]{56}\b/g))
        secrets.set(`seed ${seed.slice(0, 6)} of ${name}`, seed);
      if (!/^\s*\[[\d,\s]+\]\s*$/.test(text)) continue;
      // CAST: it was just matched.
      const forms = keyForms(Uint8Array.from(JSON.parse(text) as number[]));
      for (const [form, secret] of Object.entries(forms)) secrets.set(`${form} of ${name}`, secret);
    }
  }
  return secrets;
}

async function textOf(url: string, init: RequestInit = {}): Promise<string> {
  return await (await fetch(url, init)).text();
}

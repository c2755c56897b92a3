/*
 * A network as transcripts show it: every fact of it is made up, and the same each time.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { identityFromSeed } from "@flock/keys";
import { microLlama } from "@flock/money";
import { unstakeText } from "@flock/orders";
import { base58 } from "@scure/base";
import { runCli } from "../run-cli.js";
import type { Terminal } from "../surroundings.js";
import { FakeApi, GENESIS_HASH, refusal } from "./fake-api.js";

const AT = "2026-11-22T10:00:00.000Z";
const JOB = "3f2b9c1e-5a77-4d3c-9b0e-6f1d2a8c4e55";
const KEY = "0b6c1d3a-7c1e-4b8a-9a50-8f7d3f1f2a10";
const COLUMNS = 100;

const seeded = (byte: number) => identityFromSeed(new Uint8Array(32).fill(byte));
const ALICE = seeded(1);
const TREASURY = seeded(2);
const WORKER = seeded(3);

const MODELS = [
  {
    name: "flock-tiny:latest",
    digest: "9edb79a2dbf448d33afc7a2a06fd9441ebbcfd303a7c79ec05de7a48110d4db1",
    context_length: 1_024,
    capabilities: ["completion"],
    prompt_price_micro: "1",
    completion_price_micro: "3",
    is_checked: false,
    is_available: true,
    workers: { all: 4, warm: 3 },
    slots: { all: 16, busy: 5 },
    waiting: 0,
    wait_ms: { p50: 20, p90: 300, n: 412 },
    first_token_ms: { p50: 90, p90: 240, n: 412 },
    tokens_per_second: { p50: 210, p90: 260, n: 412 },
  },
  {
    name: "llama3.2:3b",
    digest: "a80c4f17acd55265feec403c7aef86be0c25983ab279d83f3bcd3abbcb5b8b72",
    context_length: 4_096,
    capabilities: ["completion", "tools"],
    prompt_price_micro: "2",
    completion_price_micro: "6",
    is_checked: false,
    is_available: true,
    workers: null,
    slots: null,
    waiting: 2,
    wait_ms: null,
    first_token_ms: null,
    tokens_per_second: null,
  },
];

const STORY = {
  job_id: JOB,
  trace_id: "0af7651916cd43dd8448eb211c80319c",
  workers: ["w-otdebwfknzrk"],
  privacy: "sealed-to-worker",
  resumes: 0,
  charge_micro: "58",
  timing_ms: { queue: 0.4, claim: 3.1, prefill: 42.7, decode: 210.2, total: 258 },
};

const UNSTAKE = {
  network: GENESIS_HASH,
  account: ALICE.id,
  amount: microLlama(1_000_000n),
  id: "11111111-2222-4333-8444-555555555555",
};

/** Lines of a text that the console shows the wallet's owner, now. */
export function shownByConsole(): readonly string[] {
  return unstakeText({ ...UNSTAKE, expiresMs: Date.now() + 600_000 }).split("\n");
}

/** As many of the lines that somebody has as make a whole text. */
export function pasted(lines: string[], isWhole: (lines: readonly string[]) => boolean): readonly string[] {
  let count = 0;
  while (count < lines.length && (count === 0 || !isWhole(lines.slice(0, count)))) count += 1;
  return lines.splice(0, count);
}

/** A network, a home, and a wallet in it. */
export class Stage {
  readonly api = new FakeApi();
  #home = "";

  async open(): Promise<void> {
    await this.api.start();
    this.#home = await mkdtemp(join(tmpdir(), "flock-transcripts-"));
    // As the Solana tools write it: the seed, and the public key behind it.
    const key = [...new Uint8Array(32).fill(1), ...base58.decode(ALICE.id)];
    await writeFile(join(this.#home, "wallet.json"), JSON.stringify(key), { mode: 0o600 });
    furnishForClients(this.api);
    furnishForWallets(this.api);
  }

  async close(): Promise<void> {
    await this.api.stop();
    await rm(this.#home, { recursive: true });
  }

  /** What somebody sees who types a command there; what is new each time is made the same. */
  async run(
    args: readonly string[],
    { input = "", lines = [] as readonly string[], isPipe = false, environment = {} } = {},
  ): Promise<string> {
    let shown = "";
    const show = (text: string) => {
      shown += text;
    };
    const typed = [...lines];
    const terminal: Terminal = { stdin: lines.length > 0, stdout: !isPipe, stderr: true, columns: COLUMNS };
    const exitCode = await runCli(
      args.length === 0 ? [] : [...args, "--data-dir", join(this.#home, "none")],
      {
        environment: {
          NO_COLOR: "1",
          HOME: this.#home,
          FLOCK_API_URL: this.api.url,
          FLOCK_WALLET: join(this.#home, "wallet.json"),
          ...environment,
        },
        terminal,
        out: show,
        // A line that is painted over is not part of what stays.
        err: (text) => show(text.startsWith("\r") ? "" : text),
        input: async () => input,
        ask: async (prompt) => {
          const line = typed.shift();
          show(`${prompt}${line ?? ""}\n`);
          return line;
        },
        paste: async (isWhole) => {
          const text = pasted(typed, isWhole);
          show(`${text.join("\n")}\n`);
          return text;
        },
        interruption: new AbortController().signal,
        captureInterrupts: () => () => {},
      },
    );
    return this.#masked(shown) + (exitCode === 0 ? "" : `[exit code ${exitCode}]\n`);
  }

  #masked(text: string): string {
    return text
      .replaceAll(this.api.url, "https://api.example")
      .replaceAll(this.#home, "/home/alice")
      .replaceAll(
        /\b(?!3f2b9c1e|0b6c1d3a)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g,
        "11111111-2222-4333-8444-555555555555",
      )
      .replaceAll(/^[1-9A-HJ-NP-Za-km-z]{80,88}$/gm, "5VfYd7…")
      .replaceAll(/expires: \S+Z/g, "expires: 2026-11-22T10:10:00.000Z")
      .replaceAll(/"(first_word|total)_ms":\d+(?=,"(total_ms|flock)")/g, '"$1_ms":250')
      .replaceAll(/\d+\.\d s, first word after \d+\.\d s/g, "0.3 s, first word after 0.1 s");
  }
}

function furnishForClients(api: FakeApi): void {
  api.answer("GET /models", { models: MODELS });
  for (const model of MODELS)
    api.answer(`GET /models/${model.name}`, {
      model: { ...model, hardware: model.workers === null ? null : [{ class: "gpu-24", workers: 4 }] },
    });
  api.answer("GET /api/tags", { models: [] });
  api.answers.set("POST /api/chat", ({ body }) => chatReply(body));
  api.answer("POST /keys", { id: KEY, api_key: "flk_2kq…", account: ALICE.id, label: "laptop" });
  api.answer("GET /keys", {
    keys: [
      {
        id: KEY,
        label: "laptop",
        created_at: AT,
        revoked_at: null,
        scopes: ["inference", "read_account"],
        models: null,
        expires_at: null,
        prefix: "flk_2kqV",
        last_used_at: AT,
        charge_30_days_micro: "4100",
      },
    ],
  });
  api.answers.set("DELETE /keys/laptpo", () => refusal(404, "not_found", "there is no API key 'laptpo'"));
  api.answer("GET /usage", {
    account: ALICE.id,
    from: "2026-10-23",
    to: "2026-11-22",
    is_cut: false,
    usage: [
      {
        day: "2026-11-22",
        model: "flock-tiny:latest",
        requests: "12",
        prompt_tokens: "840",
        completion_tokens: "1090",
        charge_micro: "4110",
      },
    ],
  });
}

function furnishForWallets(api: FakeApi): void {
  api.answer("GET /account", {
    account: ALICE.id,
    wallet: { posted_micro: "8500000", held_micro: "0", available_micro: "8500000" },
    stake_micro: "1000000",
    cooling: { total_micro: "0", releases: [] },
    vested: { posted_micro: "0", held_micro: "0", available_micro: "0" },
    earnings_micro: "0",
    tier: { level: 1, requests_per_minute: 120, concurrency: 8, priority: 2, next: null },
  });
  api.answer("POST /withdrawals", {
    withdrawal: {
      id: "11111111-2222-4333-8444-555555555555",
      recipient: ALICE.id,
      amount_micro: "2000000",
      state: "reserved",
      is_final: false,
      signature: null,
      reason: "",
      created_at: AT,
    },
  });
  const statement = "FlockOllamas reserves\non chain: 99999000000000000\nledger wallet: 8500000";
  api.answer("GET /reserves", {
    statement,
    signature: base58.encode(TREASURY.sign(Buffer.from(statement, "utf8"))),
    signer: TREASURY.id,
  });
  api.answer("GET /earnings", {
    worker: WORKER.id,
    earnings: [
      {
        day: "2026-11-22",
        model: "flock-tiny:latest",
        worker_id: WORKER.id,
        jobs: "31",
        prompt_tokens: "2100",
        completion_tokens: "2760",
        share_micro: "9861",
        clawed_back_micro: "0",
      },
    ],
    total_micro: "9861",
  });
  api.answer("GET /network", {
    chain: "solana",
    genesis_hash: GENESIS_HASH,
    treasury_address: TREASURY.id,
  });
}

const ANSWER = "A llama named Pip climbed the hill to see the stars.";

function chatReply(body: unknown) {
  const model = new Map<string, unknown>(Object.entries(body ?? {})).get("model");
  if (!MODELS.some(({ name }) => name === model || name === `${model}:latest`))
    return { status: 404, body: { error: `model '${model}' not found` } };
  const pieces = ANSWER.match(/\S+\s*/g) ?? [];
  const lines = pieces.map((content) => ({ message: { role: "assistant", content }, done: false }));
  const last = { done: true, done_reason: "stop", prompt_eval_count: 16, eval_count: 14, flock: STORY };
  return { body: [...lines, last].map((line) => `${JSON.stringify(line)}\n`).join("") };
}

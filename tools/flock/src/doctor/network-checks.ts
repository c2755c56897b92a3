import { FlockError } from "@flock/errors";
import { loadIdentity } from "@flock/keys";
import { ollamaUrl } from "@flock/ollama";
import { away, type Check, ok, type Patient } from "./check.js";
import { greetingAt, jsonAt, memberOf } from "./reach.js";

/** What wallets sign has to be this near to the api's clock. */
const CLOCK_MS_MAX = 60_000;
const LAMPORTS_PER_SOL = 1e9;
/** Of a few transactions. */
const LAMPORTS_MIN = 100_000;

const api: Check = {
  name: "API",
  look: async ({ places }, signal) => {
    if (places.apiUrl === undefined)
      return {
        state: "failed",
        found: "no network is named, and none runs here",
        means: "there is nobody to ask",
        fix: "flock up, or flock context set <name> --api-url <url>",
      };
    const { value, from } = places.apiUrl;
    const told = await jsonAt(`${value}/api/version`, signal).catch(() => undefined);
    const version = memberOf(told?.body, "version");
    if (told?.status === 200 && typeof version === "string")
      return ok(`${value} (from ${from}), version ${version}`);
    return {
      state: "failed",
      found:
        told === undefined ? `nobody answers at ${value} (from ${from})` : `${value} answered ${told.status}`,
      means: "nothing of the network can be used",
      fix: "compare the address: flock context show; of a local mesh: flock up",
    };
  },
};

const clock: Check = {
  name: "clock",
  look: async ({ places }, signal) => {
    if (places.apiUrl === undefined) return away("no network to compare it with");
    const { headers } = await jsonAt(`${places.apiUrl.value}/flock/v1/network`, signal);
    const theirs = Date.parse(headers.get("date") ?? "");
    if (Number.isNaN(theirs)) return away("the API does not tell the time");
    const ahead = Date.now() - theirs;
    const found = `${Math.abs(Math.round(ahead / 1_000))} s ${ahead < 0 ? "behind" : "ahead of"} the API`;
    if (Math.abs(ahead) <= CLOCK_MS_MAX) return ok(found);
    return { state: "failed", found, means: "what you sign is refused", fix: "have the clock set by NTP" };
  },
};

const nats: Check = {
  name: "NATS",
  look: async ({ call, places }, signal) => {
    const url = call.options.natsUrl ?? (call.surroundings.environment["NATS_URL"] || places.local?.natsUrl);
    if (url === undefined) return away("none of yours: only operators need one");
    const { hostname, port } = new URL(url.includes("://") ? url : `nats://${url}`);
    const greeting = await greetingAt(hostname, Number(port || "4222"), signal).catch(() => undefined);
    if (greeting?.startsWith("INFO ") === true) return ok(url);
    const found =
      greeting === undefined ? `nobody answers at ${hostname}:${port}` : `${hostname}:${port} is no NATS`;
    return { state: "failed", found, means: "the parts of the mesh do not hear each other", fix: "flock up" };
  },
};

const database: Check = {
  name: "database",
  look: async ({ places }, signal) => {
    const url = places.local?.databaseUrl;
    if (url === undefined) return away("none of yours");
    const { hostname, port } = new URL(url);
    const isThere = await greetingAt(hostname, Number(port || "5432"), signal).then(
      () => true,
      () => false,
    );
    if (isThere) return ok(`${hostname}:${port || "5432"}`);
    return {
      state: "failed",
      found: `nobody answers at ${hostname}:${port}`,
      means: "keys and money wait",
      fix: "flock up",
    };
  },
};

const chain: Check = {
  name: "chain",
  look: async (patient, signal) => {
    const network = await networkOf(patient, signal);
    const genesis = memberOf(network, "genesis_hash");
    if (network === undefined) return away("no network is known");
    if (genesis === null) return away("this network runs without a chain");
    const rpcUrl = rpcOf(patient);
    if (rpcUrl === undefined) return away("no RPC is named: SOLANA_RPC_URL, for deposits from here");
    const theirs = await rpc(rpcUrl, "getGenesisHash", [], signal);
    if (theirs === genesis) return ok(`${rpcUrl}, genesis ${genesis}`);
    return {
      state: "failed",
      found: `${rpcUrl} has genesis ${theirs}, the network ${genesis}`,
      means: "a deposit from here would go to another chain",
      fix: "name an RPC of the network's chain: SOLANA_RPC_URL",
    };
  },
};

const fees: Check = {
  name: "SOL for fees",
  look: async (patient, signal) => {
    const { places } = patient;
    const rpcUrl = rpcOf(patient);
    if (places.wallet === undefined || rpcUrl === undefined) return away("no wallet, or no RPC");
    // Not as other commands open it, which set its mode right: that is told by a check of its own.
    const { id } = await loadIdentity(places.wallet.value);
    const answer = await rpc(rpcUrl, "getBalance", [id], signal);
    const lamports = memberOf(answer, "value");
    if (typeof lamports !== "number") return away("the RPC does not tell");
    const found = `${lamports / LAMPORTS_PER_SOL} SOL`;
    if (lamports >= LAMPORTS_MIN) return ok(found);
    return {
      state: "warning",
      found,
      means: "deposits from this wallet cannot be sent",
      fix: `send a little SOL to ${id}`,
    };
  },
};

const payouts: Check = {
  name: "payouts",
  look: async ({ places }, signal) => {
    if (places.apiUrl === undefined) return away("no network is named");
    const { status, body } = await jsonAt(`${places.apiUrl.value}/flock/v1/status`, signal);
    if (status !== 200) return away("this network does not tell");
    const told = memberOf(body, "payouts");
    if (told === null) return away("this network has no treasury");
    if (memberOf(told, "halted") !== true) return ok("they run");
    return {
      state: "warning",
      found: `halted: ${String(memberOf(told, "reason") ?? "no reason is told")}`,
      means: "withdrawals wait; nothing is lost",
      fix: "of your own network: flock admin treasury status",
    };
  },
};

const ollama: Check = {
  name: "Ollama",
  look: async ({ call, places }, signal) => {
    const url = ollamaUrl(call.surroundings.environment["OLLAMA_HOST"] ?? "");
    const version = await jsonAt(`${url}/api/version`, signal).catch(() => undefined);
    if (version === undefined) {
      if (places.local !== undefined) return away(`none at ${url}; the mesh has its own engine`);
      return away(`none at ${url}: a worker needs one, flock up brings its own engine`);
    }
    const { body } = await jsonAt(`${url}/api/tags`, signal);
    const models = memberOf(body, "models");
    const count = Array.isArray(models) ? models.length : 0;
    const found = `${url}, version ${String(memberOf(version.body, "version"))}, ${count} models`;
    if (count > 0) return ok(found);
    return { state: "warning", found, means: "a worker has nothing to serve", fix: "ollama pull llama3.2" };
  },
};

const worker: Check = {
  name: "worker",
  look: async ({ call }, signal) => {
    const url = `${call.options.healthUrl.replace(/\/+$/, "")}/control/state`;
    const told = await jsonAt(url, signal).catch(() => undefined);
    if (told === undefined) return away("none runs here: flock worker start");
    const state = memberOf(told.body, "state");
    if (typeof state !== "string")
      return { state: "failed", found: `${url} is no worker's`, fix: "name its port with --health-url" };
    return state === "PAUSED"
      ? { state: "warning", found: "paused", means: "it takes no jobs", fix: "flock worker resume" }
      : ok(state.toLowerCase());
  },
};

function rpcOf({ call, places }: Patient): string | undefined {
  return call.surroundings.environment["SOLANA_RPC_URL"] || places.local?.solanaRpcUrl;
}

async function networkOf({ places }: Patient, signal: AbortSignal): Promise<unknown> {
  if (places.apiUrl === undefined) return undefined;
  return (await jsonAt(`${places.apiUrl.value}/flock/v1/network`, signal)).body;
}

async function rpc(
  url: string,
  method: string,
  params: readonly unknown[],
  signal: AbortSignal,
): Promise<unknown> {
  const { body } = await jsonAt(url, signal, { jsonrpc: "2.0", id: 1, method, params });
  const result = memberOf(body, "result");
  if (result === undefined) throw new FlockError("unavailable", `${url} does not answer ${method}`);
  return result;
}

export const NETWORK_CHECKS: readonly Check[] = [
  api,
  clock,
  nats,
  database,
  chain,
  fees,
  payouts,
  ollama,
  worker,
];

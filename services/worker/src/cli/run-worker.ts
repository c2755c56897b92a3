import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { FlockError } from "@flock/errors";
import { loadOrCreateIdentity } from "@flock/keys";
import { type ProcessHost, runService } from "@flock/mesh";
import { createLogger } from "@flock/observability";
import type { WorkerConfig } from "../config.js";
import { createWorker } from "../service.js";
import { checkApi, checkOllama, type Finding, requireFreePort } from "./first-checks.js";
import { readable } from "./readable-log.js";
import type { Surroundings } from "./surroundings.js";

interface Wallet {
  readonly address: string;
  /** Where its key is, in words. */
  readonly kept: string;
  /** Who is paid if nothing else is said, in words. */
  readonly paid: string;
}

/**
 * Says who will work for whom, looks whether it can, and works until it is told to stop. What may mend itself it only
 * tells; the process ends with the worker.
 * @throws FlockError for what must be mended first
 */
export async function runWorker(
  config: WorkerConfig,
  surroundings: Surroundings,
  version: string,
): Promise<never> {
  const { HEALTH_HOST, HEALTH_PORT, LOG_LEVEL, WORKER_API_URL: apiUrl } = config;
  if (HEALTH_PORT !== 0) await requireFreePort(HEALTH_HOST, HEALTH_PORT);
  const wallet = await walletOf(config);

  const log = logOf(surroundings);
  const logger = createLogger("worker", LOG_LEVEL, log);
  const facts = {
    version,
    worker: wallet.address,
    wallet: wallet.kept,
    paid: config.WORKER_PAYOUT || wallet.paid,
    // Not NATS_URL itself: a password may be in it.
    network: apiUrl ? new URL(apiUrl).origin : "as NATS_URL says",
    ollama: config.OLLAMA_HOST,
    metrics: HEALTH_PORT === 0 ? "on any free port" : `http://${HEALTH_HOST}:${HEALTH_PORT}/metrics`,
  };
  if (surroundings.stdout.isTTY) surroundings.stdout.write(greeting(facts));
  else logger.info(facts, "worker");

  const checks = [checkOllama(config.OLLAMA_HOST), ...(apiUrl ? [checkApi(apiUrl)] : [])];
  const isFinding = (found: Finding | undefined): found is Finding => found !== undefined;
  for (const { what, hint } of (await Promise.all(checks)).filter(isFinding)) logger.warn({ hint }, what);

  let isLeaving = false;
  surroundings.on("SIGINT", () => {
    if (!isLeaving)
      logger.info({ atMostMs: config.WORKER_DRAIN_MS }, "finishing running jobs; Ctrl-C again ends at once");
    isLeaving = true;
  });
  return runService("worker", () => config, createWorker, hostOf(surroundings, log));
}

/** A worker's address is its wallet's; the key is made at the first start, for this user alone. */
async function walletOf({
  WORKER_KEY_FILE: keyFile,
  WORKER_WALLET: elsewhere,
}: WorkerConfig): Promise<Wallet> {
  if (elsewhere) return { address: elsewhere, kept: "its key is elsewhere", paid: "as it has signed" };
  const isNew = await stat(keyFile).then(
    () => false,
    () => true,
  );
  try {
    await mkdir(dirname(keyFile), { recursive: true, mode: 0o700 });
    const { id } = await loadOrCreateIdentity(keyFile);
    const kept = isNew ? `${keyFile} (new: keep a copy, it holds what you earn)` : keyFile;
    return { address: id, kept, paid: id };
  } catch (thrown) {
    if (thrown instanceof FlockError) throw thrown;
    const reason = thrown instanceof Error ? thrown.message : "";
    const message = `the key file ${keyFile} cannot be used: ${reason}. Another one: --key-file <file>`;
    throw new FlockError("failed_precondition", message, { cause: thrown });
  }
}

function greeting({ version, ...facts }: Readonly<Record<string, string>>): string {
  const rows = Object.entries(facts).map(([name, fact]) => `  ${name.padEnd(8)} ${fact}\n`);
  const advice = "Ctrl-C finishes running jobs and leaves; a second one ends at once.";
  return `flock-worker ${version}\n${rows.join("")}${advice}\n\n`;
}

/** Where the log goes if a person reads it; else undefined: JSON on standard output. */
function logOf({ stdout }: Surroundings): ProcessHost["log"] {
  return stdout.isTTY ? { write: (line) => void stdout.write(readable(line)) } : undefined;
}

function hostOf(surroundings: Surroundings, log: ProcessHost["log"]): ProcessHost {
  return {
    on: (event, listener) => surroundings.on(event, listener),
    exit: (code) => surroundings.exit(code),
    channel: surroundings.channel,
    ...(log === undefined ? {} : { log }),
  };
}

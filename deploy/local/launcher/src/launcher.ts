import { Guardian } from "@flock/provision";
import { readyMessage } from "./announce.js";
import { isChainSupported } from "./chain-support.js";
import { dataPaths, emptyDataDir, openDataDir } from "./data-dir.js";
import { lockDataDir } from "./data-dir-lock.js";
import type { Endpoints } from "./endpoints.js";
import { type AskableModel, untilModelServed } from "./first-model.js";
import { guestTerms } from "./guest-plan.js";
import { LocalAccess } from "./local-access.js";
import { localParameters } from "./local-parameters.js";
import { LocalStateFile } from "./local-state.js";
import { Mesh } from "./mesh.js";
import { meshPlan } from "./mesh-plan.js";
import { lookForOllama } from "./ollama-probe.js";
import type { LauncherOptions } from "./options.js";
import { requireOwnServers } from "./own-servers.js";
import { choosePorts } from "./ports.js";
import { endLeftovers, ProcessRegistry } from "./process-registry.js";
import type { PartSpec } from "./running.js";

/** After the workers are ready: the catalogue entry of a model is one round trip away. */
const MODEL_TIMEOUT_MS = 30_000;

/** Prints one line for the person at the terminal. */
export type Say = (line: string) => void;

/**
 * Brings a mesh up, keeps it up until `stop` is aborted, and takes it down: returns when nothing of it runs.
 * @throws Error, whose message is meant for the person at the terminal, when the mesh cannot be brought up; nothing
 * runs then either.
 */
export async function runLauncher(options: LauncherOptions, say: Say, stop: AbortSignal): Promise<void> {
  const startedAt = performance.now();
  const paths = dataPaths(options.dataDir);
  // Refused now, not when half of the mesh is up.
  localParameters(options.parameters);
  for (const remark of options.shell.remarks) say(remark);
  await requireOwnServers(options.shell);
  await openDataDir(options.dataDir, options.fresh);
  const unlock = await lockDataDir(paths.lock);
  try {
    const leftovers = await endLeftovers(paths.processes);
    if (leftovers > 0) say(`ended ${leftovers} processes that an earlier launcher had left`);
    if (options.fresh) await emptyDataDir(options.dataDir);
    const ports = await choosePorts(options.ports, paths.ports);
    const guardian = await Guardian.start();
    try {
      const registry = new ProcessRegistry(paths.processes, guardian);
      const endpoints = endpointsBefore(options);
      const ollama = await lookForOllama(options);
      if (ollama.remark !== undefined) say(ollama.remark);
      const { isUsable: hasOllama } = ollama;
      const hasChain = !options.noChain && hasChainHere(say);
      const access = options.shell.natsUrl === undefined ? new LocalAccess(options.dataDir) : undefined;
      const plan = await meshPlan({ options, ports, endpoints, registry, access, hasOllama, hasChain });
      await runMesh(
        {
          options,
          endpoints,
          plan,
          apiUrl: `http://127.0.0.1:${ports.api}`,
          grpcAddress: `127.0.0.1:${ports.grpc}`,
          ...(options.noBridge ? {} : { bridgeAddress: `127.0.0.1:${ports.bridge}` }),
          startedAt,
          remarks: ollama.missed,
        },
        say,
        stop,
      );
    } finally {
      await guardian.close();
    }
  } finally {
    await unlock();
  }
}

/** A mesh that is about to run. */
export interface PlannedMesh {
  readonly options: LauncherOptions;
  readonly endpoints: Endpoints;
  readonly plan: readonly PartSpec[];
  readonly apiUrl: string;
  readonly grpcAddress: string;
  /** Absent: no bridge runs. */
  readonly bridgeAddress?: string;
  /** On the clock of `performance.now()`. */
  readonly startedAt: number;
  /** What is said again when it is ready. */
  readonly remarks: readonly string[];
}

async function runMesh(planned: PlannedMesh, say: Say, stop: AbortSignal): Promise<void> {
  const { dataDir } = planned.options;
  const state = new LocalStateFile(dataPaths(dataDir).localState);
  const mesh = new Mesh(planned.plan, {
    say,
    onReady: (name, afterMs) => say(`${name} ready after ${(afterMs / 1_000).toFixed(1)} s`),
    onChange: () => state.update(mesh.pids()),
  });
  const hasStopped = untilAborted(stop);
  try {
    const starting = mesh.start();
    // What speaks to the mesh takes half a second to load: time that the parts need anyway.
    await Promise.race([Promise.all([starting, import("./demo-account.js")]), hasStopped]);
    if (stop.aborted) return;
    const { apiUrl, grpcAddress, bridgeAddress, endpoints } = planned;
    const hasWorker = (await starting).has("worker");
    const { apiKey, model } = await openForUse(planned, hasWorker, stop);
    const { chain, ...servers } = endpoints;
    const facts = {
      apiUrl,
      grpcAddress,
      ...(bridgeAddress === undefined ? {} : { bridgeAddress }),
      apiKey,
      model: model.name,
      ...servers,
      ...chain,
      dataDir,
      launcherPid: process.pid,
    };
    state.publish(facts, mesh.pids());
    const announced = { ...facts, guests: guestTerms(planned.options) };
    say(readyMessage(announced, model, performance.now() - planned.startedAt, planned.remarks));
    await hasStopped;
  } catch (error) {
    if (!stop.aborted) throw error;
  } finally {
    if (stop.aborted) say(`stopping (${stop.reason})`);
    state.remove();
    await mesh.stop();
    if (stop.aborted) say("stopped");
  }
}

/** The last steps to a curl line that works: an account with funds and a key, and a model, if one is served. */
async function openForUse(
  { options, endpoints, apiUrl }: PlannedMesh,
  hasWorker: boolean,
  stop: AbortSignal,
): Promise<{ readonly apiKey: string; readonly model: AskableModel }> {
  const { ensureDemoAccount } = await import("./demo-account.js");
  const paths = dataPaths(options.dataDir);
  const files = { account: paths.demoAccount, guestKey: options.noGuests ? undefined : paths.guestKey };
  const apiKey = await ensureDemoAccount(endpoints, files, stop);
  if (!hasWorker) return { apiKey, model: { name: "", canChat: false } };
  return { apiKey, model: await untilModelServed(apiUrl, apiKey, MODEL_TIMEOUT_MS, stop) };
}

/** The parts that the environment replaces; the rest is filled in as it becomes ready. */
function endpointsBefore(options: LauncherOptions): Endpoints {
  return {
    databaseUrl: options.shell.databaseUrl ?? "",
    natsUrl: options.shell.natsUrl ?? "",
    ollamaUrl: options.shell.ollamaUrl,
  };
}

function hasChainHere(say: Say): boolean {
  if (isChainSupported()) return true;
  say("the local Solana chain does not run on this platform: no deposits and no payouts");
  return false;
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

import { startNats, startPostgres } from "@flock/provision";
import { chainPart, treasuryPart } from "./chain-plan.js";
import { dataPaths } from "./data-dir.js";
import { guestVariables } from "./guest-plan.js";
import { localMeshKey } from "./local-mesh-key.js";
import { nodePart, servicePart } from "./node-part.js";
import { databaseVariables, logOf, type PlanInput } from "./plan-input.js";
import type { ProcessRegistry } from "./process-registry.js";
import type { PartSpec, Running } from "./running.js";
import { verifierPart } from "./verifier-plan.js";
import { WORKER_DRAIN_MS, workerPart } from "./worker-plan.js";

/**
 * The ledger's groups are short-lived garbage: with room for them it spends less processor time on collecting. A major
 * collection holds up commits, so it waits until there is four times as much old garbage as live data.
 */
const LEDGER_NODE_OPTIONS = ["--max-semi-space-size=32", "--heap-growing-percent=400"];

/**
 * Every part of a local mesh, with what it needs. PostgreSQL, nats-server and the engine start at once, each service
 * as soon as what it depends on is ready. Parts replaced by DATABASE_URL, NATS_URL or an Ollama are left out, and
 * with them the dependency.
 */
export async function meshPlan(input: PlanInput): Promise<PartSpec[]> {
  const { options } = input;
  const meshKey = await localMeshKey(options.dataDir);
  const signing = { MESH_KEY_FILE: meshKey.file };
  const foreign = [
    ...(options.shell.databaseUrl === undefined ? [postgres(input)] : []),
    ...(options.shell.natsUrl === undefined ? [nats(input)] : []),
  ];
  const services = [
    ...(input.hasOllama ? [] : [await engine(input)]),
    await databaseService(input, "ledger", 3, () => ({}), LEDGER_NODE_OPTIONS),
    await servicePart(
      input,
      { name: "router", role: "router", dependsOn: ["nats"], stopGroup: 2 },
      () => signing,
    ),
    await api(input, signing),
    ...(input.hasChain ? [chainPart(input), await treasuryPart(input)] : []),
    ...(options.noVerifier ? [] : [await verifierPart(input, signing)]),
    ...(options.noBridge ? [] : [await bridge(input, signing)]),
    ...(await Promise.all(
      Array.from({ length: options.workers }, (_, index) => workerPart(input, index + 1, meshKey)),
    )),
  ];
  const parts = [...foreign, ...services];
  const names = new Set(parts.map(({ name }) => name));
  return parts.map((part) => ({ ...part, dependsOn: part.dependsOn.filter((name) => names.has(name)) }));
}

async function api(input: PlanInput, signing: Readonly<Record<string, string>>): Promise<PartSpec> {
  const { access, endpoints } = input;
  let issuerFile: string | undefined;
  const spec = await databaseService(input, "api", 1, () => ({
    ...signing,
    ...apiEnvironment(input),
    ...(issuerFile === undefined
      ? {}
      : { API_WORKER_ISSUER_FILE: issuerFile, API_WORKER_NATS_URLS: endpoints.natsUrl }),
  }));
  return {
    ...spec,
    async start(signal) {
      issuerFile = await access?.writeWorkerIssuer();
      return spec.start(signal);
    },
  };
}

function apiEnvironment({ options, ports, hasChain }: PlanInput): Readonly<Record<string, string>> {
  return {
    API_HOST: "127.0.0.1",
    API_PORT: String(ports.api),
    API_GRPC_HOST: "127.0.0.1",
    API_GRPC_PORT: String(ports.grpc),
    API_CHAIN: hasChain ? "solana" : "none",
    // Only this machine reaches the API of a laptop: it may sign in as often as it likes.
    API_UNLIMITED_CLIENTS: "127.0.0.0/8",
    // All workers are one's own: there is nobody whose work is to be kept from view.
    API_GROUP_MIN: options.serviceVariables["API_GROUP_MIN"] ?? "1",
    // As an Ollama on this machine would.
    API_CORS_ORIGINS: options.serviceVariables["API_CORS_ORIGINS"] ?? "local",
    // Without a verifier nobody would ask for what the api keeps of jobs.
    ...(options.noVerifier ? { API_MATERIAL_BYTES_MAX: "0" } : {}),
    ...guestVariables(options),
  };
}

function postgres({ options, ports, endpoints, registry }: PlanInput): PartSpec {
  const log = logOf(options, "postgres");
  return {
    ...{ name: "postgres", role: "postgres", dependsOn: [], stopGroup: 4, logFile: log.path },
    async start() {
      const server = await startPostgres({
        dataDir: options.dataDir,
        port: ports.postgres,
        onOutput: (chunk) => log.write(chunk),
      });
      endpoints.databaseUrl = server.url;
      return registered(server, registry);
    },
  };
}

function nats({ options, ports, endpoints, registry, access }: PlanInput): PartSpec {
  const log = logOf(options, "nats");
  return {
    ...{ name: "nats", role: "nats", dependsOn: [], stopGroup: 4, logFile: log.path },
    async start() {
      await access?.takeOverStore();
      const accounts = await access?.serverConfiguration();
      endpoints.natsCredentialsFile = await access?.writeServiceCredentials();
      const server = await startNats({
        dataDir: dataPaths(options.dataDir).nats,
        port: ports.nats,
        ...(accounts === undefined ? {} : { extraConfig: accounts }),
        onOutput: (chunk) => log.write(chunk),
      });
      endpoints.natsUrl = server.url;
      try {
        const { seedParameters } = await import("./parameters-seed.js");
        await seedParameters(endpoints, options.parameters);
      } catch (error) {
        await server.stop();
        throw error;
      }
      return registered(server, registry);
    },
  };
}

async function engine(input: PlanInput): Promise<PartSpec> {
  const { options, ports, endpoints } = input;
  const url = `http://127.0.0.1:${ports.engine}`;
  const environment = () => ({
    ENGINE_HOST: "127.0.0.1",
    ENGINE_PORT: String(ports.engine),
    ENGINE_SEQUENCES: String(options.sequences),
    LOG_LEVEL: options.logLevel,
    ...(options.modelFile === undefined ? {} : { ENGINE_MODEL_FILE: options.modelFile }),
    ...(options.modelName === undefined ? {} : { ENGINE_MODEL_NAME: options.modelName }),
  });
  endpoints.ollamaUrl = url;
  return nodePart(
    input,
    { name: "engine", role: "engine", folder: "deploy/local/engine", dependsOn: [], stopGroup: 4 },
    {
      environment,
      readyUrl: `${url}/`,
    },
  );
}

function databaseService(
  input: PlanInput,
  name: "api" | "ledger",
  stopGroup: number,
  own: () => Readonly<Record<string, string>>,
  nodeOptions: readonly string[] = [],
): Promise<PartSpec> {
  const environment = () => ({ ...own(), ...databaseVariables(input) });
  const part = { name, role: name, dependsOn: ["postgres", "nats"], stopGroup, nodeOptions };
  return servicePart(input, part, environment);
}

/** Workers of the original kind; only this machine reaches it. */
function bridge(input: PlanInput, signing: Readonly<Record<string, string>>): Promise<PartSpec> {
  const part = { name: "bridge", role: "bridge", dependsOn: ["nats"], stopGroup: 2 } as const;
  return servicePart(input, part, () => ({
    ...signing,
    BRIDGE_HOST: "127.0.0.1",
    BRIDGE_PORT: String(input.ports.bridge),
    BRIDGE_KEY_FILE: dataPaths(input.options.dataDir).bridgeKey,
    BRIDGE_DRAIN_MS: String(WORKER_DRAIN_MS),
  }));
}

async function registered(server: Running, registry: ProcessRegistry): Promise<Running> {
  await registry.add(server.pid);
  void server.exited.then(() => registry.remove(server.pid));
  return server;
}

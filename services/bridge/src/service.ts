import { loadOrCreateIdentity } from "@flock/keys";
import { CatalogueView, loadMeshSigner, type Part, type Runtime } from "@flock/mesh";
import { BridgedWorkers } from "./bridged-workers.js";
import type { BridgeConfig } from "./config.js";
import { BridgeRequests } from "./http/bridge-requests.js";
import { HttpListener } from "./http/http-listener.js";
import { bridgeMetrics } from "./metrics.js";
import { RequestLimit } from "./request-limits.js";

/** The bridge: original workers on one side, workers of the job protocol on the other. */
export async function createBridge(config: BridgeConfig, runtime: Runtime): Promise<readonly Part[]> {
  const bridge = await loadOrCreateIdentity(config.BRIDGE_KEY_FILE);
  const { publicKeys } = await loadMeshSigner(config.MESH_KEY_FILE);
  const mesh = await runtime.connect();
  const catalogue = new CatalogueView(mesh);
  const workers = new BridgedWorkers({
    mesh,
    catalogue,
    bridge,
    meshKeys: () => publicKeys,
    keysMax: config.BRIDGE_KEYS_MAX,
    keysPerAddressMax: config.BRIDGE_KEYS_PER_ADDRESS_MAX,
    jobsMax: config.BRIDGE_JOBS_PER_KEY_MAX,
    firstOutputMs: config.BRIDGE_FIRST_OUTPUT_MS,
    silenceMs: config.BRIDGE_SILENCE_MS,
    drainMs: config.BRIDGE_DRAIN_MS,
  });
  const requests = new BridgeRequests({
    workers,
    catalogue,
    pullWaitMs: config.BRIDGE_PULL_WAIT_MS,
    addresses: new RequestLimit(config.BRIDGE_ADDRESS_REQUESTS_PER_MINUTE),
    keys: new RequestLimit(config.BRIDGE_KEY_PULLS_PER_MINUTE),
    metrics: bridgeMetrics(runtime.meter, () => workers.size),
    logger: runtime.logger,
  });
  const listener = new HttpListener({
    host: config.BRIDGE_HOST,
    port: config.BRIDGE_PORT,
    connectionsMax: config.BRIDGE_CONNECTIONS_MAX,
    logger: runtime.logger,
    handle: (message, response) => requests.handle(message, response),
  });
  // The workers stop first: what runs is pushed until it has ended.
  return [catalogue, listener, workers];
}

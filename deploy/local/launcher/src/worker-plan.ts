import { loadIdentity } from "@flock/keys";
import { dataPaths } from "./data-dir.js";
import type { LocalMeshKey } from "./local-mesh-key.js";
import { healthyPart, type NodePart } from "./node-part.js";
import type { PlanInput } from "./plan-input.js";
import type { PartSpec } from "./running.js";

/** Workers of a laptop mesh, and its bridge, give back what they have not finished by then. */
export const WORKER_DRAIN_MS = 5_000;
/** With what a worker ends whose wallet is banned (services/worker/src/enrolment). */
const EXIT_BANNED = 3;

/** A worker, which enrols at the api as any stranger's does: of NATS it is told there. */
export async function workerPart(input: PlanInput, number: number, meshKey: LocalMeshKey): Promise<PartSpec> {
  const name = `worker-${number}`;
  const keyFile = dataPaths(input.options.dataDir).workerKey(name);
  const entry = input.access === undefined ? "nats" : "api";
  const part: NodePart = {
    // An earlier start would save little: a worker that finds no api waits for longer and longer.
    ...{ name, dependsOn: [entry, "engine"], stopGroup: 2 },
    role: "worker",
    whyNotAgain: async ({ code }) => {
      if (code !== EXIT_BANNED) return undefined;
      // Whatever has become of the file: the launcher goes on.
      const { id } = await loadIdentity(keyFile).catch(() => ({ id: "<worker-id>" }));
      return `its wallet is banned; "flock admin access readmit ${id}" and another start of the mesh bring it back`;
    },
  };
  return healthyPart(input, part, () => ({
    ...entryOf(input, meshKey),
    OLLAMA_HOST: input.endpoints.ollamaUrl,
    WORKER_KEY_FILE: keyFile,
    WORKER_SLOTS: String(input.options.workerSlots[input.hasOllama ? "ollama" : "engine"]),
    WORKER_DRAIN_MS: String(WORKER_DRAIN_MS),
  }));
}

/** How it comes into the mesh. A NATS of one's own has no accounts that an api could let workers in to. */
function entryOf(
  { access, endpoints, options, ports }: PlanInput,
  meshKey: LocalMeshKey,
): Readonly<Record<string, string>> {
  if (access === undefined) return { NATS_URL: endpoints.natsUrl, WORKER_MESH_KEYS: meshKey.publicKey };
  // Wallets sign for the URL that the api is known by.
  const publicUrl = options.serviceVariables["API_PUBLIC_URL"];
  return { WORKER_API_URL: publicUrl || `http://127.0.0.1:${ports.api}` };
}

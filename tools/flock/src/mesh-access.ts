import { connectMesh, type Mesh } from "@flock/mesh";
import { createLogger, createMetrics } from "@flock/observability";
import { addressOf } from "./local-mesh.js";
import type { Surroundings } from "./surroundings.js";

const CONNECT_TIMEOUT_MS = 3_000;

/** The options that every command has. */
export interface GlobalOptions {
  readonly natsUrl?: string;
  readonly apiUrl?: string;
  readonly wallet?: string;
  readonly dataDir: string;
  readonly json?: boolean;
}

/** Where the mesh's NATS is: the option, the environment, or the state of the local mesh. */
export function natsUrlOf(options: GlobalOptions, { environment }: Surroundings): Promise<string> {
  const given = options.natsUrl ?? environment["NATS_URL"];
  return addressOf(options.dataDir, given, "natsUrl", "--nats-url or NATS_URL");
}

/** Connects, does the work, and leaves: also when the work fails. */
export async function withMesh<T>(natsUrl: string, work: (mesh: Mesh) => Promise<T>): Promise<T> {
  const metrics = createMetrics("cli");
  const logger = createLogger("cli", "silent");
  const mesh = await connectMesh({
    natsUrl,
    name: "flock cli",
    logger,
    meter: metrics.meter,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
  });
  try {
    return await work(mesh);
  } finally {
    await mesh.close();
    await metrics.close();
  }
}

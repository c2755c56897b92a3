import { connectMesh, credentialsFile, type Mesh, type MeshOptions } from "@flock/mesh";
import { createLogger, createMetrics } from "@flock/observability";
import { addressOf, findLocalFacts } from "./local-mesh.js";
import type { Surroundings } from "./surroundings.js";

const CONNECT_TIMEOUT_MS = 3_000;

/** The options that every command has. */
export interface GlobalOptions {
  readonly natsUrl?: string;
  readonly natsCredentials?: string;
  readonly apiUrl?: string;
  readonly wallet?: string;
  readonly dataDir: string;
  readonly json?: boolean;
}

type Nats = Pick<MeshOptions, "natsUrl" | "credentials">;

/**
 * Where the mesh's NATS is, and what it is shown: the options, the environment, or the state of the local mesh. The
 * credentials of the local mesh go to no other NATS.
 */
export async function natsOf(options: GlobalOptions, { environment }: Surroundings): Promise<Nats> {
  const given = options.natsUrl ?? environment["NATS_URL"];
  const natsUrl = await addressOf(options.dataDir, given, "natsUrl", "--nats-url or NATS_URL");
  const isLocal = given === undefined || given === "";
  const file =
    (options.natsCredentials ?? environment["NATS_CREDENTIALS_FILE"]) ||
    (isLocal ? (await findLocalFacts(options.dataDir))?.natsCredentialsFile : undefined);
  return file === undefined ? { natsUrl } : { natsUrl, credentials: credentialsFile(file) };
}

/** Connects, does the work, and leaves: also when the work fails. */
export async function withMesh<T>(nats: Nats, work: (mesh: Mesh) => Promise<T>): Promise<T> {
  const metrics = createMetrics("cli");
  const logger = createLogger("cli", "silent");
  const mesh = await connectMesh({
    ...nats,
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

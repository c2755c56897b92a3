import { connectMesh, type Mesh, type MeshOptions, natsOptions } from "@flock/mesh";
import { createLogger, createMetrics } from "@flock/observability";
import type { Call } from "./command.js";
import type { GlobalOptions } from "./global-options.js";
import { findLocalFacts, nowhere } from "./places/local-mesh.js";
import type { Surroundings } from "./surroundings.js";

const CONNECT_TIMEOUT_MS = 3_000;

type Nats = Pick<MeshOptions, "natsUrl" | "credentials" | "tls">;

/**
 * Where the mesh's NATS is, and what it is shown: the options, the environment, or the state of the local mesh. The
 * credentials of the local mesh go to no other NATS.
 */
export async function natsOf(options: GlobalOptions, { environment }: Surroundings): Promise<Nats> {
  const given = options.natsUrl ?? environment["NATS_URL"];
  const isLocal = given === undefined || given === "";
  const local = isLocal ? await findLocalFacts(options.dataDir) : undefined;
  const natsUrl = isLocal ? local?.natsUrl : given;
  if (natsUrl === undefined) throw nowhere(options.dataDir, "--nats-url or NATS_URL");
  const file =
    (options.natsCredentials ?? environment["NATS_CREDENTIALS_FILE"]) || local?.natsCredentialsFile;
  const files = isLocal
    ? {}
    : {
        NATS_CA_FILE: environment["NATS_CA_FILE"] || undefined,
        NATS_CERT_FILE: environment["NATS_CERT_FILE"] || undefined,
        NATS_KEY_FILE: environment["NATS_KEY_FILE"] || undefined,
      };
  return natsOptions({ NATS_URL: natsUrl, NATS_CREDENTIALS_FILE: file ?? "", ...files });
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

/** Asks the mesh that a command is for. */
export async function asking<T>(
  { options, surroundings }: Call,
  ask: (mesh: Mesh) => Promise<T>,
): Promise<T> {
  return withMesh(await natsOf(options, surroundings), ask);
}

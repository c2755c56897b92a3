import { connectMesh, credentialsFile, type Mesh, type MeshOptions } from "@flock/mesh";
import { createLogger, createMetrics } from "@flock/observability";
import type { Endpoints } from "./endpoints.js";

type NatsEndpoint = Pick<Endpoints, "natsUrl" | "natsCredentialsFile">;

/** Where the NATS of a local mesh is, and what it is to be shown. */
export function natsOf({
  natsUrl,
  natsCredentialsFile: file,
}: NatsEndpoint): Pick<MeshOptions, "natsUrl" | "credentials"> {
  return file === undefined ? { natsUrl } : { natsUrl, credentials: credentialsFile(file) };
}

/** Connects to the NATS of the mesh as the launcher, does the work, and leaves: also when the work fails. */
export async function withMesh<T>(nats: NatsEndpoint, work: (mesh: Mesh) => Promise<T>): Promise<T> {
  const metrics = createMetrics("launcher");
  const logger = createLogger("launcher", "silent");
  const mesh = await connectMesh({ ...natsOf(nats), name: "launcher", logger, meter: metrics.meter });
  try {
    return await work(mesh);
  } finally {
    await mesh.close();
    await metrics.close();
  }
}

import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { FlockError } from "@flock/errors";
import { connectMesh, type Mesh } from "@flock/mesh";
import { createLogger, createMetrics } from "@flock/observability";
import { z } from "zod";
import type { Surroundings } from "./surroundings.js";

const CONNECT_TIMEOUT_MS = 3_000;

/** The options that every command has. */
export interface GlobalOptions {
  readonly natsUrl?: string;
  readonly dataDir: string;
  readonly json?: boolean;
}

/** Where the mesh's NATS is: the option, the environment, or the state of the local mesh. */
export async function natsUrlOf(options: GlobalOptions, { environment }: Surroundings): Promise<string> {
  const given = options.natsUrl ?? environment["NATS_URL"];
  if (given !== undefined && given !== "") return given;
  const file = join(resolve(options.dataDir), "local.json");
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined) {
    throw new FlockError(
      "failed_precondition",
      `no mesh runs on ${resolve(options.dataDir)}: start one with "npm start", or name one with --nats-url or NATS_URL`,
    );
  }
  try {
    return z.object({ natsUrl: z.string().min(1) }).parse(JSON.parse(text)).natsUrl;
  } catch (cause) {
    throw new FlockError("failed_precondition", `${file} cannot be read`, { cause });
  }
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

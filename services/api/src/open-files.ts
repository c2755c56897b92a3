import { readFile } from "node:fs/promises";
import type { Logger } from "@flock/observability";

/** Connections that clients may have at once. */
export interface ConnectionBounds {
  readonly http: number;
  readonly grpc: number;
}

/** For what is not a client: connections to NATS and Postgres, the health port, files. */
const RESERVE = 128;

/**
 * The bounds, or as much of them as this process may have open: a process that has no file left to open loses NATS and
 * Postgres with its next reconnection, and every client with them. Node has raised the limit as far as it may itself.
 */
export async function connectionsWithinLimit(
  wanted: ConnectionBounds,
  logger: Logger,
): Promise<ConnectionBounds> {
  const limit = await openFilesMax();
  const bounds = connectionsWithin(wanted, limit);
  if (bounds !== wanted)
    logger.warn(
      { openFilesMax: limit, ...bounds },
      "fewer connections are taken than API_CONNECTIONS_MAX and API_GRPC_CONNECTIONS_MAX allow: raise the limit of open files (ulimit -n, LimitNOFILE)",
    );
  return bounds;
}

/** Both in the same proportion, if there is no room for all. */
export function connectionsWithin(wanted: ConnectionBounds, openFiles: number): ConnectionBounds {
  const part = (openFiles - RESERVE) / (wanted.http + wanted.grpc);
  if (part >= 1) return wanted;
  const within = (count: number): number => Math.max(1, Math.floor(count * part));
  return { http: within(wanted.http), grpc: within(wanted.grpc) };
}

/** Infinite if the system does not tell. */
async function openFilesMax(): Promise<number> {
  const limits = await readFile("/proc/self/limits", "utf8").catch(() => "");
  const soft = /^Max open files\s+(\d+)/m.exec(limits)?.[1];
  return soft === undefined ? Number.POSITIVE_INFINITY : Number(soft);
}

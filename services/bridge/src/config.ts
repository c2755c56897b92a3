import { integer, port } from "@flock/configuration";
import { meshKeyFiles, readServiceEnvironment } from "@flock/mesh";
import { z } from "zod";

/** The bridge's variables. Their descriptions make the table in the README. */
export const variables = {
  MESH_KEY_FILE: meshKeyFiles,
  BRIDGE_HOST: z.string().min(1).default("127.0.0.1").describe("where original workers connect"),
  BRIDGE_PORT: port.default(11_437).describe("0: any free port"),
  BRIDGE_KEY_FILE: z
    .string()
    .min(1)
    .default("bridge-key.json")
    .describe(
      "the bridge's secret, a Solana key file; created if it does not exist. Every bridged worker's identity is derived from it, so losing it loses what is known of them; several bridges of one mesh share it",
    ),
  BRIDGE_PULL_WAIT_MS: integer(0, 300_000)
    .default(20_000)
    .describe("how long a pull is kept open when there is no job; keep it below a proxy's own timeout"),
  BRIDGE_FIRST_OUTPUT_MS: integer(100, 600_000)
    .default(60_000)
    .describe("how long a worker may take from the job to the beginning of its push"),
  BRIDGE_SILENCE_MS: integer(100, 600_000)
    .default(15_000)
    .describe("how long a push may bring no whole line; then the job goes on elsewhere"),
  BRIDGE_KEYS_MAX: integer(1, 100_000)
    .default(1_000)
    .describe("public keys that are served at once; each is a worker of the mesh"),
  BRIDGE_KEYS_PER_ADDRESS_MAX: integer(1, 100_000)
    .default(16)
    .describe(
      "of those, keys that one address has brought (IPv6: one /64). Behind a proxy all workers have the proxy's address: raise it there",
    ),
  BRIDGE_JOBS_PER_KEY_MAX: integer(1, 64)
    .default(8)
    .describe("jobs and open pulls of one key at once; a further pull is answered with no job"),
  BRIDGE_KEY_PULLS_PER_MINUTE: integer(1, 1_000_000)
    .default(240)
    .describe("pulls of one key, from wherever; a further one is refused with 429"),
  BRIDGE_ADDRESS_REQUESTS_PER_MINUTE: integer(1, 1_000_000)
    .default(1_200)
    .describe("requests of one address; a further one is refused with 429"),
  BRIDGE_CONNECTIONS_MAX: integer(1, 1_000_000)
    .default(4_096)
    .describe("connections at once; a further one is closed"),
  BRIDGE_DRAIN_MS: integer(0, 3_600_000)
    .default(20_000)
    .describe(
      "how long running jobs may go on after SIGTERM, before they are given back to run elsewhere. Keep it below `DRAIN_TIMEOUT_MS`",
    ),
};

/** The bridge's configuration; throws `invalid_argument` naming every bad variable. */
export function readBridgeConfig(environment: NodeJS.ProcessEnv) {
  return readServiceEnvironment("BRIDGE_", variables, environment);
}

export type BridgeConfig = ReturnType<typeof readBridgeConfig>;

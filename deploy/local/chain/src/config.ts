import { integer, logLevel, readEnvironment } from "@flock/configuration";
import { z } from "zod";

/** The chain's variables. Their descriptions make the table in the README. */
export const variables = {
  CHAIN_DATA_DIR: z.string().min(1).describe("created if need be; one process at a time"),
  CHAIN_HOST: z
    .string()
    .default("127.0.0.1")
    .describe("loopback only; anything else is refused, because everyone who reaches a node may do anything"),
  CHAIN_PORT: integer(1, 65_534)
    .default(8_899)
    .describe(
      "JSON-RPC by HTTP, and `GET /health`; the websocket is on the port after it, where web3.js looks for it",
    ),
  CHAIN_SECOND_PORT: integer(0, 65_534)
    .default(0)
    .describe("a second node of the same chain with faults of its own, and its websocket; 0: none"),
  CHAIN_SLOT_MS: integer(0, 60_000)
    .default(400)
    .describe("time between slots; 0: only the test controls make slots"),
  LOG_LEVEL: logLevel,
};

export type ChainConfig = z.infer<z.ZodObject<typeof variables>>;

/**
 * Reads the environment; empty strings count as unset. Throws `invalid_argument` listing every bad variable and every
 * `CHAIN_…` variable that does not exist.
 */
export function readConfig(environment: NodeJS.ProcessEnv): ChainConfig {
  return readEnvironment(variables, environment, { prefix: "CHAIN_", check: overlap });
}

/** Solana's clients expect the websocket on the port behind that of the RPC: each of the two takes both. */
function overlap({ CHAIN_PORT: first, CHAIN_SECOND_PORT: second }: ChainConfig): string[] {
  if (second === 0 || Math.abs(first - second) > 1) return [];
  return [`CHAIN_PORT ${first} and CHAIN_SECOND_PORT ${second} overlap: each takes the next port as well`];
}

/** This process's configuration. */
export const loadConfig = () => readConfig(process.env);

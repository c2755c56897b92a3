import { integer, logLevel, readEnvironment } from "@flock/configuration";
import { z } from "zod";

/** The chain's variables. The README's table says what each means. */
const shape = {
  CHAIN_HOST: z.string().default("127.0.0.1"),
  CHAIN_PORT: integer(1, 65_534).default(8_899),
  CHAIN_SECOND_PORT: integer(0, 65_534).default(0),
  CHAIN_DATA_DIR: z.string().min(1),
  CHAIN_SLOT_MS: integer(0, 60_000).default(400),
  LOG_LEVEL: logLevel,
};

export type ChainConfig = z.infer<z.ZodObject<typeof shape>>;

/**
 * Reads the environment; empty strings count as unset. Throws `invalid_argument` listing every bad variable and every
 * `CHAIN_…` variable that does not exist.
 */
export function readConfig(environment: NodeJS.ProcessEnv): ChainConfig {
  return readEnvironment(shape, environment, { prefix: "CHAIN_", check: overlap });
}

/** Solana's clients expect the websocket on the port behind that of the RPC: each of the two takes both. */
function overlap({ CHAIN_PORT: first, CHAIN_SECOND_PORT: second }: ChainConfig): string[] {
  if (second === 0 || Math.abs(first - second) > 1) return [];
  return [`CHAIN_PORT ${first} and CHAIN_SECOND_PORT ${second} overlap: each takes the next port as well`];
}

/** This process's configuration. */
export const loadConfig = () => readConfig(process.env);

import { FlockError } from "@flock/errors";
import { LOG_LEVELS, toLogLevel } from "@flock/observability";
import { z } from "zod";

const integer = (min: number, max: number) => z.coerce.number().int().min(min).max(max);

/** The chain's variables. The README's table says what each means. */
const schema = z.object({
  CHAIN_HOST: z.string().default("127.0.0.1"),
  CHAIN_PORT: integer(1, 65_534).default(8_899),
  CHAIN_SECOND_PORT: integer(0, 65_534).default(0),
  CHAIN_DATA_DIR: z.string().min(1),
  CHAIN_SLOT_MS: integer(0, 60_000).default(400),
  LOG_LEVEL: z.preprocess(toLogLevel, z.enum(LOG_LEVELS).default("info")),
});

export type ChainConfig = z.infer<typeof schema>;

/**
 * Reads the environment; empty strings count as unset. Throws `invalid_argument` listing every bad variable and every
 * `CHAIN_…` variable that does not exist.
 */
export function readConfig(environment: NodeJS.ProcessEnv): ChainConfig {
  const present = Object.entries(environment).filter(([, value]) => value !== undefined && value !== "");
  const unknown = present
    .map(([name]) => name)
    .filter((name) => name.startsWith("CHAIN_") && !(name in schema.shape));
  const parsed = schema.safeParse(Object.fromEntries(present));
  const faults = [
    ...(parsed.error?.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`) ?? []),
    ...unknown.map((name) => `${name}: no such variable`),
    ...overlap(parsed.data),
  ];
  if (parsed.data === undefined || faults.length > 0) {
    throw new FlockError("invalid_argument", `bad configuration: ${faults.join("; ")}`);
  }
  return parsed.data;
}

/** Solana's clients expect the websocket on the port behind that of the RPC: each of the two takes both. */
function overlap(config: ChainConfig | undefined): string[] {
  const { CHAIN_PORT: first, CHAIN_SECOND_PORT: second } = config ?? { CHAIN_PORT: 0, CHAIN_SECOND_PORT: 0 };
  if (second === 0 || Math.abs(first - second) > 1) return [];
  return [`CHAIN_PORT ${first} and CHAIN_SECOND_PORT ${second} overlap: each takes the next port as well`];
}

/** This process's configuration. */
export const loadConfig = () => readConfig(process.env);

import { FlockError } from "@flock/errors";
import { LOG_LEVELS, toLogLevel } from "@flock/observability";
import { z } from "zod";

const port = z.coerce.number().int().min(0).max(65_535);

/** Environment that every service reads. */
export const commonEnvironment = {
  NATS_URL: z.string().min(1).default("nats://127.0.0.1:4222"),
  /** In upper or lower case. */
  LOG_LEVEL: z.preprocess(toLogLevel, z.enum(LOG_LEVELS).default("info")),
  /** Where /livez, /readyz and /metrics are served. Keep it off public interfaces. */
  HEALTH_HOST: z.string().min(1).default("127.0.0.1"),
  /** 0: any free port. */
  HEALTH_PORT: port.default(0),
  /** How long a stopping service may take to finish what it has begun. */
  DRAIN_TIMEOUT_MS: z.coerce.number().int().min(0).max(3_600_000).default(30_000),
};

/** A TCP port variable. */
export const portVariable = port;

export type CommonEnvironment = z.infer<z.ZodObject<typeof commonEnvironment>>;

/**
 * Reads a service's variables, reporting all faults at once, each with the variable's name and what is wrong with it.
 * Variables that belong to nobody are not an error (the environment is shared); empty strings count as unset.
 */
export function readEnvironment<S extends z.ZodRawShape>(
  shape: S,
  environment: NodeJS.ProcessEnv,
): z.infer<z.ZodObject<S & typeof commonEnvironment>> {
  const present = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ""),
  );
  const parsed = z.object({ ...commonEnvironment, ...shape }).safeParse(present);
  const faults =
    parsed.error?.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`) ??
    sharedPorts(parsed.data ?? {});
  if (faults.length === 0) return parsed.data as z.infer<z.ZodObject<S & typeof commonEnvironment>>;
  throw new FlockError("invalid_argument", `bad configuration: ${faults.join("; ")}`);
}

/** Says which variables give two things that one process serves the same port. */
function sharedPorts(config: Readonly<Record<string, unknown>>): string[] {
  const ports = Object.entries(config).filter(([name, value]) => name.endsWith("_PORT") && value !== 0);
  return ports.flatMap(([name, value], index) => {
    const earlier = ports.slice(0, index).find(([, other]) => other === value);
    return earlier === undefined ? [] : [`${earlier[0]} and ${name} are both ${value}`];
  });
}

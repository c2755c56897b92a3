import { drainTimeoutMs, logLevel, port, readEnvironment, sharedPorts } from "@flock/configuration";
import { z } from "zod";

/** Environment that every service reads. */
export const commonEnvironment = {
  NATS_URL: z.string().min(1).default("nats://127.0.0.1:4222"),
  LOG_LEVEL: logLevel,
  /** Where /livez, /readyz and /metrics are served. Keep it off public interfaces. */
  HEALTH_HOST: z.string().min(1).default("127.0.0.1"),
  /** 0: any free port. */
  HEALTH_PORT: port.default(0),
  /** How long a stopping service may take to finish what it has begun. */
  DRAIN_TIMEOUT_MS: drainTimeoutMs,
};

export type CommonEnvironment = z.infer<z.ZodObject<typeof commonEnvironment>>;

/**
 * Reads a service's variables and those that every service has, see `readEnvironment` of `@flock/configuration`.
 * @param prefix Of the service's own variables, as `ROUTER_`.
 * @throws FlockError `invalid_argument` naming every variable that is missing, wrong or unknown
 */
export function readServiceEnvironment<S extends z.ZodRawShape>(
  prefix: string,
  shape: S,
  environment: NodeJS.ProcessEnv,
): z.infer<z.ZodObject<S & typeof commonEnvironment>> {
  const whole: S & typeof commonEnvironment = { ...commonEnvironment, ...shape };
  return readEnvironment(whole, environment, { prefix, check: sharedPorts });
}

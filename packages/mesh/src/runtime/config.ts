import { drainTimeoutMs, logLevel, port, readEnvironment, sharedPorts } from "@flock/configuration";
import { z } from "zod";

/** The variables that every service reads. Their descriptions make the table in this package's README. */
export const variables = {
  NATS_URL: z
    .string()
    .min(1)
    .default("nats://127.0.0.1:4222")
    .describe("NATS servers, separated by commas; `wss://…` for WebSocket"),
  NATS_CREDENTIALS_FILE: z
    .string()
    .default("")
    .describe(
      "a `.creds` file that NATS is shown, read again at each connection; empty: none, for a NATS without accounts",
    ),
  LOG_LEVEL: logLevel,
  HEALTH_HOST: z
    .string()
    .min(1)
    .default("127.0.0.1")
    .describe("where `/livez`, `/readyz` and `/metrics` are served; keep it off public interfaces"),
  HEALTH_PORT: port.default(0).describe("their port; 0: any free port, which the log names"),
  DRAIN_TIMEOUT_MS: drainTimeoutMs,
};

export type CommonEnvironment = z.infer<z.ZodObject<typeof variables>>;

/**
 * Reads a service's variables and those that every service has, see `readEnvironment` of `@flock/configuration`.
 * @param prefix Of the service's own variables, as `ROUTER_`.
 * @throws FlockError `invalid_argument` naming every variable that is missing, wrong or unknown
 */
export function readServiceEnvironment<S extends z.ZodRawShape>(
  prefix: string,
  shape: S,
  environment: NodeJS.ProcessEnv,
): z.infer<z.ZodObject<S & typeof variables>> {
  const whole: S & typeof variables = { ...variables, ...shape };
  return readEnvironment(whole, environment, { prefix, check: sharedPorts });
}

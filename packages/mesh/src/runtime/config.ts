import { drainTimeoutMs, logLevel, port, readEnvironment, secret, sharedPorts } from "@flock/configuration";
import { z } from "zod";
import type { MeshOptions } from "../nats/connection.js";
import { credentialsFile } from "../nats/credentials.js";

const file = z.string().min(1).optional();

/** The variables that every service reads. Their descriptions make the table in this package's README. */
export const variables = {
  NATS_URL: secret(
    z
      .string()
      .min(1)
      .default("nats://127.0.0.1:4222")
      .describe("NATS servers, separated by commas; `tls://…` for TLS, `wss://…` for WebSocket with TLS"),
  ),
  NATS_CA_FILE: file.describe(
    "certificates of the authorities that NATS servers must have theirs from, PEM; then no connection is in the clear. Without: those that Node knows",
  ),
  NATS_CERT_FILE: file.describe("certificate that NATS is shown, where it asks for one, PEM"),
  NATS_KEY_FILE: file.describe("that certificate's private key, PEM"),
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
  return readEnvironment(whole, environment, {
    prefix,
    check: (config) => [...sharedPorts(config), ...halfPairs(config)],
  });
}

/** A certificate without its key, or a key without its certificate. */
function halfPairs(config: object): string[] {
  const names = ["NATS_CERT_FILE", "NATS_KEY_FILE"];
  const missing = names.filter((name) => Reflect.get(config, name) === undefined);
  return missing.length === 1 ? [`${missing[0]}: is missing: a certificate and its key belong together`] : [];
}

/** What a connection to NATS takes of a service's environment. */
export type NatsEnvironment = Pick<CommonEnvironment, "NATS_URL"> &
  Partial<
    Pick<CommonEnvironment, "NATS_CREDENTIALS_FILE" | "NATS_CA_FILE" | "NATS_CERT_FILE" | "NATS_KEY_FILE">
  >;

/** Where NATS is, whom a connection to it trusts, and what it is shown. */
export function natsOptions(config: NatsEnvironment): Pick<MeshOptions, "natsUrl" | "credentials" | "tls"> {
  const { NATS_CREDENTIALS_FILE: credentials } = config;
  const { NATS_CA_FILE: caFile, NATS_CERT_FILE: certFile, NATS_KEY_FILE: keyFile } = config;
  return {
    natsUrl: config.NATS_URL,
    tls: {
      ...(caFile === undefined ? {} : { caFile }),
      ...(certFile === undefined ? {} : { certFile }),
      ...(keyFile === undefined ? {} : { keyFile }),
    },
    ...(credentials ? { credentials: credentialsFile(credentials) } : {}),
  };
}

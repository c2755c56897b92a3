import type { Logger } from "@flock/observability";
import type { ApiConfig } from "../config.js";
import type { ApiMetrics } from "../metrics.js";
import { clearDoors } from "./clear-doors.js";
import { RenewedCertificate } from "./renewed-certificate.js";

/** Of each door; undefined: it is plain. */
export interface Certificates {
  readonly http: RenewedCertificate | undefined;
  readonly grpc: RenewedCertificate | undefined;
}

const INTERVAL_MS = 10_000;

/**
 * Reads the certificates that are configured, and warns of doors that have none and need one.
 * @throws FlockError `invalid_argument` that names the variables of files that cannot be used
 */
export async function loadCertificates(
  config: ApiConfig,
  logger: Logger,
  metrics: ApiMetrics,
): Promise<Certificates> {
  for (const door of clearDoors(config))
    logger.warn(
      { door },
      "clients on other machines send keys and prompts here in the clear: there is no TLS",
    );
  const load = async (door: "http" | "grpc", certificate?: string, key?: string) => {
    if (certificate === undefined || key === undefined) return undefined;
    const files = { door, certificate, key };
    return RenewedCertificate.load({ files, logger, metrics, intervalMs: INTERVAL_MS });
  };
  return {
    http: await load("http", config.API_TLS_CERT_FILE, config.API_TLS_KEY_FILE),
    grpc: await load("grpc", config.API_GRPC_TLS_CERT_FILE, config.API_GRPC_TLS_KEY_FILE),
  };
}

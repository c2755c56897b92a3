import { BlockList, isIP } from "node:net";
import type { ApiConfig } from "../config.js";

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

type Doors = Pick<
  ApiConfig,
  "API_HOST" | "API_TLS_CERT_FILE" | "API_GRPC_HOST" | "API_GRPC_TLS_CERT_FILE" | "API_TRUSTED_PROXIES"
>;

/**
 * Which doors other machines can reach in the clear, with nobody named who would end TLS in front of them; each as its
 * variable has it. Keys, prompts and answers can be read on the way there.
 */
export function clearDoors(config: Doors): string[] {
  if (config.API_TRUSTED_PROXIES.length > 0) return [];
  const doors = [
    ["API_HOST", config.API_HOST, config.API_TLS_CERT_FILE],
    ["API_GRPC_HOST", config.API_GRPC_HOST, config.API_GRPC_TLS_CERT_FILE],
  ] as const;
  return doors
    .filter(([, host, certificate]) => certificate === undefined && !isLoopback(host))
    .map(([variable, host]) => `${variable}=${host}`);
}

function isLoopback(host: string): boolean {
  const family = isIP(host);
  return family === 0 ? host === "localhost" : LOOPBACK.check(host, family === 4 ? "ipv4" : "ipv6");
}

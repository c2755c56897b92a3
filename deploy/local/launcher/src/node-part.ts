import { join } from "node:path";
import { freePort, REPOSITORY_ROOT } from "@flock/provision";
import { type NodeService, startNodeService } from "./node-service.js";
import { logOf, type PlanInput } from "./plan-input.js";
import type { PartSpec } from "./running.js";

/** Services of a laptop mesh stop within this; production gives them longer. */
const DRAIN_TIMEOUT_MS = 8_000;

/** A part that is one of our own programs. */
export interface NodePart
  extends Pick<PartSpec, "name" | "role" | "dependsOn" | "stopGroup" | "whyNotAgain"> {
  readonly nodeOptions?: readonly string[];
}

/** How such a part is started: from its built entry point, ready when `readyUrl` answers 200. */
export function nodePart(
  { options, registry }: PlanInput,
  part: NodePart & { readonly folder: string },
  process: { environment: () => Readonly<Record<string, string>>; readyUrl: string },
): PartSpec {
  const { folder, nodeOptions = [], ...facts } = part;
  const log = logOf(options, part.name);
  return {
    ...facts,
    logFile: log.path,
    start(signal) {
      const nodeService: NodeService = {
        name: part.name,
        program: join(REPOSITORY_ROOT, folder, "dist/main.js"),
        nodeOptions,
        environment: { ...options.serviceVariables, ...process.environment() },
        readyUrl: process.readyUrl,
        whyNotAgain: part.whyNotAgain,
      };
      return startNodeService(nodeService, log, registry, signal);
    },
  };
}

/** A service of the operator's, which NATS trusts. */
export function servicePart(
  input: PlanInput,
  part: NodePart,
  own: () => Readonly<Record<string, string>>,
): Promise<PartSpec> {
  return healthyPart(input, part, () => ({
    ...own(),
    NATS_CREDENTIALS_FILE: input.endpoints.natsCredentialsFile ?? "",
    NATS_URL: input.endpoints.natsUrl,
  }));
}

/** What all services and workers read, and readiness on a health port that stays the same over restarts. */
export async function healthyPart(
  input: PlanInput,
  part: NodePart,
  own: () => Readonly<Record<string, string>>,
): Promise<PartSpec> {
  const healthPort = await freePort();
  const environment = () => ({
    ...own(),
    LOG_LEVEL: input.options.logLevel,
    HEALTH_HOST: "127.0.0.1",
    HEALTH_PORT: String(healthPort),
    DRAIN_TIMEOUT_MS: String(DRAIN_TIMEOUT_MS),
  });
  const readyUrl = `http://127.0.0.1:${healthPort}/readyz`;
  return nodePart(input, { ...part, folder: `services/${part.role}` }, { environment, readyUrl });
}

import { loadOrCreateIdentity } from "@flock/keys";
import { dataPaths } from "./data-dir.js";
import { servicePart } from "./node-part.js";
import { databaseVariables, type PlanInput } from "./plan-input.js";
import type { PartSpec } from "./running.js";

/** The verifier. All workers here are one's own: each may read again what another one answered. */
export async function verifierPart(
  input: PlanInput,
  signing: Readonly<Record<string, string>>,
): Promise<PartSpec> {
  const { options } = input;
  const part = { name: "verifier", role: "verifier", dependsOn: ["postgres", "nats"], stopGroup: 2 } as const;
  const paths = dataPaths(options.dataDir);
  const workers = Array.from({ length: options.workers }, (_, index) =>
    paths.workerKey(`worker-${index + 1}`),
  );
  let referees: readonly string[] = [];
  const spec = await servicePart(input, part, () => ({
    ...signing,
    ...databaseVariables(input),
    VERIFIER_REFEREES: options.serviceVariables["VERIFIER_REFEREES"] ?? referees.join(","),
    // A laptop has other things to do.
    VERIFIER_CONCURRENCY: options.serviceVariables["VERIFIER_CONCURRENCY"] ?? "1",
  }));
  return {
    ...spec,
    async start(signal) {
      referees = (await Promise.all(workers.map((file) => loadOrCreateIdentity(file)))).map(({ id }) => id);
      return spec.start(signal);
    },
  };
}

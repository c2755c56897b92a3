import { FlockError } from "@flock/errors";
import { type Clock, method, type ServedMethod } from "@flock/mesh";
import { PROTOCOL_VERSION } from "@flock/proto";
import { API } from "@flock/proto/keys";
import type { ServiceName } from "../status/known-services.js";
import { DONE_LENGTH_MAX, EFFECT_LENGTH_MAX, type StatusStore } from "../store/status-store.js";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Service calls `svc.api.list-incidents`, `open-incident` and `change-incident`. */
export function incidentCalls(
  store: StatusStore,
  services: readonly ServiceName[],
  clock: Clock,
): readonly ServedMethod[] {
  return [
    method(API.listIncidents, async () => {
      const { incidents } = await store.read(clock.unixMs());
      return {
        version: PROTOCOL_VERSION,
        incidents: incidents.map(({ id, service, beganMs, endedMs = 0, effect, done = "" }) => ({
          ...{ incidentId: id, service, beganUnixMs: beganMs, endedUnixMs: endedMs, effect, done },
        })),
      };
    }),
    method(API.openIncident, async ({ service, effect, isDown }) => {
      if (!services.some((known) => known === service))
        throw new FlockError("invalid_argument", `the services are ${services.join(", ")}`);
      requireText("what users notice", effect, EFFECT_LENGTH_MAX);
      const worst = isDown ? "down" : "degraded";
      const incidentId = await store.openIncident({ service, effect, worst, beganMs: clock.unixMs() });
      return { version: PROTOCOL_VERSION, incidentId };
    }),
    method(API.changeIncident, async ({ incidentId, done, ends }) => {
      if (done === undefined && !ends) throw new FlockError("invalid_argument", "nothing is to be changed");
      if (done !== undefined) requireText("what was done", done, DONE_LENGTH_MAX);
      const endedMs = ends ? clock.unixMs() : undefined;
      const changed = UUID.test(incidentId)
        ? await store.changeIncident(incidentId, { done, endedMs })
        : "missing";
      if (changed === "missing")
        throw new FlockError("not_found", `there is no incident '${incidentId.slice(0, 64)}'`);
      if (changed !== "changed") throw new FlockError("failed_precondition", REFUSALS[changed]);
      return { version: PROTOCOL_VERSION };
    }),
  ];
}

const REFUSALS = {
  over: "it is over",
  sampled: "samples have found it: it ends by itself when two of them are good",
} as const;

function requireText(what: string, text: string, lengthMax: number): void {
  const { length } = [...text];
  if (text.trim() === "" || length > lengthMax || text.includes("\0"))
    throw new FlockError("invalid_argument", `${what} has 1 to ${lengthMax} characters`);
}

import type { Database } from "@flock/database";
import type { Mesh, Part, Runtime, ServedMethod } from "@flock/mesh";
import { incidentCalls } from "../handlers/incident-calls.js";
import type { MeshServices } from "../mesh-services.js";
import type { ApiMetrics } from "../metrics.js";
import type { ApiSchema } from "../store/schema.js";
import { StatusStore } from "../store/status-store.js";
import { servicesOf } from "./known-services.js";
import { ServiceObserver } from "./service-observer.js";
import { StatusBoard } from "./status-board.js";
import { StatusSampler } from "./status-sampler.js";

/** What looks at the services, and what tells of it. */
export function openStatus(
  { mesh, database }: { readonly mesh: Mesh; readonly database: Database<ApiSchema> },
  services: MeshServices,
  { clock, logger }: Runtime,
  metrics: ApiMetrics,
): {
  readonly status: StatusBoard;
  readonly sampler: Part;
  /** What operators may do about incidents. */
  readonly incidents: readonly ServedMethod[];
} {
  const store = new StatusStore(database);
  const names = servicesOf(services.chain);
  const observer = new ServiceObserver(mesh, services);
  const sampler = new StatusSampler({ store, observer, services: names, clock, logger, metrics });
  const incidents = incidentCalls(store, names, clock);
  return { status: new StatusBoard(store, names, clock), sampler, incidents };
}

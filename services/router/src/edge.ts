import { method, type ParametersView, type Part, serve } from "@flock/mesh";
import { SUBJECTS } from "@flock/proto";
import { ROUTER } from "@flock/proto/router";
import type { RouterConfig } from "./config.js";
import type { PullAdmission } from "./domain/pull-admission.js";
import { type ComplaintsParts, complaintsReceiver } from "./handlers/complaints.js";
import { type HeartbeatParts, heartbeatsReceiver } from "./handlers/heartbeats.js";
import { type JobUpdatesParts, JobUpdatesReceiver } from "./handlers/job-updates.js";
import { type RenewParts, renewHandler } from "./handlers/renew.js";
import { type RouteParts, routeHandler } from "./handlers/route.js";
import { type WorkersParts, workersHandler } from "./handlers/workers.js";
import { admissionLimits, announcementBounds } from "./limits.js";
import { listen } from "./listener.js";
import { PullGate } from "./pull-gate.js";

/** All that hears or answers needs. */
export type EdgeParts = Omit<HeartbeatParts, "bounds"> &
  Omit<RenewParts, "ticketReviveMs"> &
  Omit<RouteParts, "limits" | "ticketReviveMs"> &
  ComplaintsParts &
  JobUpdatesParts &
  WorkersParts & { readonly parameters: ParametersView; readonly pulls: PullAdmission };

/** What the router hears of others, and the calls that it answers. */
export function edgeOf(parts: EdgeParts, config: RouterConfig): Part[] {
  const { mesh, pulls, offences, clock, metrics, routerId } = parts;
  const ticketReviveMs = config.ROUTER_TICKET_REVIVE_MS;
  const heartbeats = heartbeatsReceiver({ ...parts, bounds: announcementBounds(config) });
  const updates = new JobUpdatesReceiver(parts);
  const gate = new PullGate({ mesh, admission: pulls, offences, clock, metrics });
  const limits = admissionLimits(config);
  const route = method(ROUTER.route, routeHandler({ ...parts, limits, ticketReviveMs }));
  const renew = method(ROUTER.renew, renewHandler({ ...parts, ticketReviveMs }));
  const workers = method(ROUTER.workers, workersHandler(parts));
  return [
    listen(mesh, SUBJECTS.allHeartbeats, heartbeats),
    listen(mesh, SUBJECTS.jobUpdates, (msg) => updates.receive(msg)),
    listen(mesh, SUBJECTS.complaints, complaintsReceiver(parts), "router"),
    listen(mesh, SUBJECTS.allPulls, (msg) => gate.receive(msg), "router"),
    serve(mesh, "router", [renew], routerId),
    serve(mesh, "router", [route, workers]),
  ];
}

import { type CreateService, method, ParametersView, serve } from "@flock/mesh";
import { SUBJECTS } from "@flock/proto";
import { ROUTER } from "@flock/proto/router";
import { Acknowledger } from "./acknowledger.js";
import { CatalogueKeeper } from "./catalogue-keeper.js";
import type { RouterConfig } from "./config.js";
import { Dispatcher } from "./dispatcher.js";
import { ContestedPins } from "./domain/contested-pins.js";
import { pricesOf } from "./domain/model-prices.js";
import { refusedJobs } from "./domain/refused-jobs.js";
import { Registry } from "./domain/registry.js";
import { Scheduler } from "./domain/scheduler.js";
import { ServiceTimes } from "./domain/service-times.js";
import { Fleet } from "./fleet.js";
import { heartbeatsReceiver } from "./handlers/heartbeats.js";
import { JobUpdatesReceiver } from "./handlers/job-updates.js";
import { renewHandler } from "./handlers/renew.js";
import { routeHandler } from "./handlers/route.js";
import { admissionLimits, announcementBounds, registryLimits, schedulerLimits } from "./limits.js";
import { listen, startAfter } from "./listener.js";
import { routerGauges, routerMetrics } from "./metrics.js";
import { ModelDescriber } from "./model-describer.js";
import { SnapshotWriter } from "./snapshot-writer.js";
import { TicketStream } from "./ticket-stream.js";
import { UnknownTickets } from "./unknown-tickets.js";
import { Upkeep } from "./upkeep.js";

const RESTORE_TIMEOUT_MS = 60_000;

/** Builds the router. It answers calls once it has read the catalogue and the last router's view of the fleet. */
export const createRouter: CreateService<RouterConfig> = async (config, runtime) => {
  const { clock } = runtime;
  const mesh = await runtime.connect();
  const routerId = runtime.newId();
  const metrics = routerMetrics(mesh.meter);
  const parameters = await ParametersView.load(mesh);

  const catalogue = new CatalogueKeeper(mesh, {
    pricesOf: (facts) => pricesOf(facts, parameters.current),
    modelsMax: config.ROUTER_MODELS_MAX,
  });
  const registry = new Registry(registryLimits(config), (model) => catalogue.pinOf(model));
  const scheduler = new Scheduler(registry, schedulerLimits(config));
  const serviceTimes = new ServiceTimes();
  const refused = refusedJobs(clock);

  const tickets = new TicketStream(mesh);
  const unknown = new UnknownTickets(mesh, tickets, clock, metrics);
  const acknowledger = new Acknowledger(mesh, tickets, unknown, metrics);
  const snapshots = new SnapshotWriter(mesh, registry, clock);
  const describer = new ModelDescriber({
    ...{ mesh, catalogue, registry, clock },
    pins: new ContestedPins(config.ROUTER_PIN_RENEW_AFTER_MS),
  });
  const base = { mesh, registry, scheduler, catalogue, tickets, acknowledger, describer, snapshots };
  const dispatcher = new Dispatcher({ ...base, clock, metrics });
  const fleet = new Fleet({ ...base, dispatcher, clock, metrics });
  const parts = { ...base, dispatcher, fleet, serviceTimes, refused, clock, metrics, routerId };
  routerGauges(mesh.meter, {
    queuedJobs: () => scheduler.queuedTotal,
    ticketsOut: () => scheduler.ticketed.size,
    liveWorkers: () => registry.size,
  });

  const ticketReviveMs = config.ROUTER_TICKET_REVIVE_MS;
  const heartbeats = heartbeatsReceiver({ ...parts, bounds: announcementBounds(config) });
  const updates = new JobUpdatesReceiver(parts);
  const limits = admissionLimits(config);
  const route = method(ROUTER.route, routeHandler({ ...parts, limits, parameters, ticketReviveMs }));
  const renew = method(ROUTER.renew, renewHandler({ ...parts, ticketReviveMs }));
  const restored = catalogue.loaded.then(() =>
    snapshots.restore((snapshot) => fleet.restore(snapshot), AbortSignal.timeout(RESTORE_TIMEOUT_MS)),
  );
  return [
    parameters,
    catalogue,
    tickets,
    unknown,
    snapshots,
    startAfter(restored, new Upkeep({ ...parts, unservedRetryMs: config.ROUTER_UNSERVED_RETRY_MS })),
    startAfter(restored, listen(mesh, SUBJECTS.allHeartbeats, heartbeats)),
    startAfter(
      restored,
      listen(mesh, SUBJECTS.jobUpdates, (msg) => updates.receive(msg)),
    ),
    startAfter(restored, serve(mesh, "router", [renew], routerId)),
    startAfter(restored, serve(mesh, "router", [route])),
  ];
};

import { type CreateService, loadMeshSigner, ParametersView, type Part, ShutOutView } from "@flock/mesh";
import { Acknowledger } from "./acknowledger.js";
import { CatalogueKeeper } from "./catalogue-keeper.js";
import type { RouterConfig } from "./config.js";
import { Dispatcher } from "./dispatcher.js";
import { ContestedPins } from "./domain/contested-pins.js";
import { pricesOf } from "./domain/model-prices.js";
import { PullAdmission } from "./domain/pull-admission.js";
import { refusedJobs } from "./domain/refused-jobs.js";
import { Registry } from "./domain/registry.js";
import { Scheduler } from "./domain/scheduler.js";
import { ServiceTimes } from "./domain/service-times.js";
import { edgeOf } from "./edge.js";
import { Fleet } from "./fleet.js";
import { IdleWatch } from "./idle-watch.js";
import { offenceLimits, registryLimits, schedulerLimits } from "./limits.js";
import { startAfter } from "./listener.js";
import { LoadReport } from "./load-report.js";
import { routerGauges, routerMetrics } from "./metrics.js";
import { ModelDescriber } from "./model-describer.js";
import { OffenceRecords } from "./offence-records.js";
import { SnapshotWriter } from "./snapshot-writer.js";
import { TicketStream } from "./ticket-stream.js";
import { UnknownTickets } from "./unknown-tickets.js";
import { Upkeep } from "./upkeep.js";
import { WorkerControls } from "./worker-controls.js";

const RESTORE_TIMEOUT_MS = 60_000;

/** Builds the router. It answers calls once it has read the catalogue and the last router's view of the fleet. */
export const createRouter: CreateService<RouterConfig> = async (config, runtime) => {
  const { clock } = runtime;
  const signer = await loadMeshSigner(config.MESH_KEY_FILE);
  const mesh = await runtime.connect();
  const routerId = runtime.newId();
  const metrics = routerMetrics(mesh.meter);
  const parameters = await ParametersView.load(mesh);

  const catalogue = new CatalogueKeeper(mesh, {
    pricesOf: (facts) => pricesOf(facts, parameters.current),
    modelsMax: config.ROUTER_MODELS_MAX,
  });
  const registry = new Registry(
    registryLimits(config),
    (model) => catalogue.pinOf(model),
    (workerId) => shutOut.isQuarantined(workerId),
  );
  const scheduler = new Scheduler(registry, schedulerLimits(config));
  const serviceTimes = new ServiceTimes();
  const refused = refusedJobs(clock);

  const shutOut = new ShutOutView({
    ...{ mesh, clock },
    onShutOut: (workerId) => fleet.shutOut(workerId),
    onStanding: (workerId) => fleet.reclassify(workerId),
  });
  const offences = new OffenceRecords({ mesh, shutOut, limits: offenceLimits(config), clock, metrics });
  const tickets = new TicketStream(mesh, signer);
  const unknown = new UnknownTickets(mesh, tickets, clock, metrics);
  const acknowledger = new Acknowledger({ mesh, tickets, unknown, offences, metrics });
  const snapshots = new SnapshotWriter(mesh, registry, clock);
  const controls = new WorkerControls(mesh, signer);
  const describer = new ModelDescriber({
    ...{ mesh, catalogue, registry, controls, clock },
    pins: new ContestedPins(config.ROUTER_PIN_RENEW_AFTER_MS),
  });
  const pulls = new PullAdmission({
    ...{ registry, shutOut },
    hasConsumer: (name) => tickets.hasConsumer(name),
    hasJobNaming: (workerId, model) => scheduler.hasJobNaming(workerId, model),
    workersMax: config.ROUTER_WORKERS_MAX,
  });
  const idle = new IdleWatch({
    ...{ mesh, registry, scheduler, shutOut, clock, metrics },
    workersMax: config.ROUTER_WORKERS_MAX,
  });
  const base = { mesh, registry, scheduler, catalogue, tickets, acknowledger, pulls, offences, shutOut };
  const dispatcher = new Dispatcher({ ...base, clock, metrics });
  const fleet = new Fleet({ ...base, describer, snapshots, controls, dispatcher, clock, metrics });
  const load = new LoadReport({ mesh, registry, scheduler, clock, metrics, routerId });
  const parts = {
    ...{ ...base, describer, dispatcher, fleet, idle, load, serviceTimes, refused, parameters },
    ...{ clock, metrics, routerId },
  };
  routerGauges(mesh.meter, {
    queuedJobs: () => scheduler.queuedTotal,
    ticketsOut: () => scheduler.ticketed.size,
    liveWorkers: () => registry.size,
  });

  const upkeep = new Upkeep({ ...parts, unservedRetryMs: config.ROUTER_UNSERVED_RETRY_MS });
  const behind: readonly Part[] = [upkeep, idle, load, ...edgeOf(parts, config)];
  const restored = Promise.all([catalogue.loaded, shutOut.loaded]).then(() =>
    snapshots.restore((snapshot) => fleet.restore(snapshot), AbortSignal.timeout(RESTORE_TIMEOUT_MS)),
  );
  return [
    ...[parameters, catalogue, tickets, unknown, shutOut, offences, snapshots],
    ...behind.map((part) => startAfter(restored, part)),
  ];
};

import { generateIdentity, meshSignerOf } from "@flock/keys";
import { systemClock } from "@flock/mesh";
import { DEFAULT_PARAMETERS } from "@flock/parameters";
import { encode, SUBJECTS } from "@flock/proto";
import { ModelDescription, WorkerAnnouncement, WorkerState } from "@flock/proto/workers";
import fc from "fast-check";
import { readRouterConfig } from "../../../services/router/src/config.js";
import { ContestedPins, type Pin } from "../../../services/router/src/domain/contested-pins.js";
import { pricesOf } from "../../../services/router/src/domain/model-prices.js";
import { Registry } from "../../../services/router/src/domain/registry.js";
import { Fleet, type FleetParts } from "../../../services/router/src/fleet.js";
import { heartbeatsReceiver } from "../../../services/router/src/handlers/heartbeats.js";
import { announcementBounds, registryLimits } from "../../../services/router/src/limits.js";
import { ModelDescriber } from "../../../services/router/src/model-describer.js";
import { WorkerControls } from "../../../services/router/src/worker-controls.js";
import { fuzzTarget } from "../fuzz-target.js";
import { mutatedMessages } from "../generators/wire.js";
import { mustHold } from "../outcome.js";
import { FakeMesh } from "../rigs/fake-mesh.js";

const WORKER = "24U27RZkPdM2WeaRA8V1HmFhmUtsyXJDRz7URKfioQZ";
const DIGEST = "ab".repeat(32);
const model = {
  name: "llama3.2:1b",
  digest: DIGEST,
  sizeBytes: 1_300_000_000,
  loaded: true,
  contextLength: 4_096,
};
const described = ModelDescription.fromPartial({
  ...{ workerId: WORKER, name: model.name, digest: DIGEST, sizeBytes: 1, modifiedUnixMs: 1_700_000_000_000 },
  ...{ contextLength: 4_096, capabilities: ["completion", "tools"] },
  showJson: Buffer.from(
    '{"details":{"parameter_size":"1.2B"},"model_info":{"general.architecture":"llama"}}',
  ),
});
const heartbeat = {
  ...{
    workerId: WORKER,
    state: WorkerState.READY,
    slots: 4,
    intervalMs: 1_000,
    startedUnixMs: 1_700_000_000_000,
  },
  ...{ models: [model, { ...model, name: "other" }], active: [{ jobId: "job", lease: 1 }] },
};
const SEEDS = [
  { body: { $case: "heartbeat" as const, value: heartbeat } },
  { body: { $case: "heartbeat" as const, value: { ...heartbeat, state: WorkerState.LEFT } } },
  { body: { $case: "modelDescription" as const, value: described } },
].map((announcement) =>
  encode(WorkerAnnouncement, WorkerAnnouncement.fromPartial({ version: 1, ...announcement })),
);

export const routerAnnouncements = fuzzTarget({
  name: "router-announcements",
  about:
    "heartbeats and descriptions of models, as the router takes them into its registry and its catalogue",
  open: () => {
    const fake = new FakeMesh();
    const { mesh } = fake;
    const config = readRouterConfig({ NATS_URL: "nats://127.0.0.1:1", MESH_KEY_FILE: "mesh-key.json" });
    const pins = new Map<string, Pin>();
    let entered = 0;
    const registry = new Registry(registryLimits(config), (name) => pins.get(name));
    const enter: FleetParts["catalogue"]["enter"] = async (facts) => {
      const prices = pricesOf(facts, DEFAULT_PARAMETERS);
      mustHold(prices.promptPriceMicro >= 0n && prices.completionPriceMicro >= 0n, "a price below nothing");
      mustHold(facts.showJson.length <= 64 * 1024, "a description of any length");
      entered += 1;
    };
    const catalogue = {
      has: (name: string) => pins.has(name),
      pinOf: (name: string) => pins.get(name),
      hasRoom: true,
      enter,
      renew: enter,
      onChange: () => {},
    };
    const clock = systemClock;
    const shutOut = { has: () => false };
    // CAST: as much of the router's parts as is told of an announcement.
    const parts = {
      ...{ mesh, registry, catalogue, clock, metrics: { countBreakerOpened: () => {} } },
      ...{ shutOut, controls: new WorkerControls(mesh, meshSignerOf([generateIdentity()])) },
      ...{ tickets: { serve: () => {} }, snapshots: { touch: () => {} }, dispatcher: { pump: () => {} } },
    } as unknown as FleetParts;
    const describer = new ModelDescriber({ ...parts, pins: new ContestedPins(60_000) });
    const fleet = new Fleet({ ...parts, describer });
    const bounds = announcementBounds(config);
    const offences = { add: () => {} };
    const idle = { heardShutOut: () => {} };
    const receive = heartbeatsReceiver({
      ...{ mesh, registry, fleet, describer, offences, shutOut, idle, bounds },
    });
    const heard = (bytes: Uint8Array) => receive(fake.message(SUBJECTS.heartbeat(WORKER), bytes));
    return {
      inputs: fc.array(mutatedMessages(SEEDS), { minLength: 1, maxLength: 3 }),
      probe: (messages) => {
        entered = 0;
        fake.published = 0;
        for (const bytes of messages) heard(bytes);
        const worker = registry.find(WORKER);
        mustHold(registry.size <= 1, "a worker is known under another name than its own");
        mustHold(
          fake.published <= messages.length * (bounds.modelsMax + 1),
          "too many commands for one message",
        );
        if (worker === undefined) return entered > 0;
        mustHold(
          worker.slotCount <= bounds.slotsMax && worker.announced.size <= bounds.modelsMax,
          "out of bounds",
        );
        for (const [name, { digest }] of worker.announced)
          if (pins.size < 8) pins.set(name, { digest, contextLength: 1 });
        registry.leave(WORKER);
        return true;
      },
    };
  },
});

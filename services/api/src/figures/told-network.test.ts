import { HardwareClass, WorkerSnapshot, WorkerState } from "@flock/proto/workers";
import fc from "fast-check";
import { type Census, censusOf } from "./census.js";
import type { HeardLoad } from "./heard-loads.js";
import { type Counts, type HeldJobs, type ToldNetwork, toldNetwork } from "./told-network.js";

const K = 3;
const MODELS = ["a:1", "b:1", "c:1", "d:1"];

interface Machine {
  readonly models: readonly string[];
  readonly slots: number;
  readonly hardware: HardwareClass;
}

const machine: fc.Arbitrary<Machine> = fc.record({
  models: fc.subarray(MODELS),
  slots: fc.integer({ min: 1, max: 8 }),
  hardware: fc.constantFrom(
    HardwareClass.UNSPECIFIED,
    HardwareClass.CPU,
    HardwareClass.GPU_24,
    HardwareClass.UNIFIED,
  ),
});
const count = fc.integer({ min: 0, max: 12 });
const load: fc.Arbitrary<HeardLoad> = fc.record({
  waiting: count,
  running: fc
    .array(fc.tuple(fc.constantFrom(HardwareClass.CPU, HardwareClass.GPU_24), count), { maxLength: 2 })
    .map((entries) => new Map(entries)),
  draining: count,
  drainingWorkers: fc.integer({ min: 0, max: 5 }),
  tokens: fc.integer({ min: 0, max: 500 }),
  streams: fc.integer({ min: 0, max: 9 }),
  jobs: count,
});
const loads = fc
  .array(fc.tuple(fc.constantFrom(...MODELS), load), { maxLength: 4 })
  .map((entries) => new Map(entries));
const machines = fc.array(machine, { maxLength: 12 });

function snapshots(of: readonly Machine[]): WorkerSnapshot[] {
  return of.map(({ models, slots, hardware }, index) =>
    WorkerSnapshot.fromPartial({
      ...{ version: 1, workerId: `w${index}`, state: WorkerState.READY, slots, hardware },
      models: models.map((name) => ({ name })),
    }),
  );
}

function told(of: readonly Machine[], heard: ReadonlyMap<string, HeardLoad>, held: HeldJobs = new Map()) {
  return toldNetwork(censusOf(snapshots(of), heard), K, held);
}

/** Every number that is told, of each row, totals included. */
function rowsOf({ totals, models, other }: ToldNetwork): Counts[] {
  return [...models, ...[totals, other].filter((row) => row !== undefined)];
}

function workersOf({ servers }: Census, model: string): number {
  return servers.get(model)?.length ?? 0;
}

describe("what is told of the network", () => {
  it("is of at least three workers in each row and each class, and in the difference of totals and rows", () => {
    fc.assert(
      fc.property(machines, loads, (of, heard) => {
        const network = told(of, heard);
        const census = censusOf(snapshots(of), heard);
        for (const row of rowsOf(network)) expect(row.workers === 0 || row.workers >= K).toBe(true);
        for (const { workers } of network.hardware) expect(workers).toBeGreaterThanOrEqual(K);
        for (const { name } of network.models) expect(workersOf(census, name)).toBeGreaterThanOrEqual(K);
        // Workers that are in the totals and in no row by name.
        const named = new Set(network.models.map(({ name }) => name));
        const inNamed = census.ready.filter(({ models }) =>
          models.some(({ name }) => named.has(name)),
        ).length;
        const further = (network.totals?.workers ?? inNamed) - inNamed;
        expect(further === 0 || further >= K).toBe(true);
        // The classes are the totals, taken apart.
        const sumOf = (of: "workers" | "slots") => network.hardware.reduce((sum, each) => sum + each[of], 0);
        expect(sumOf("workers")).toBe(network.totals?.workers ?? 0);
        expect(sumOf("slots")).toBe((network.totals?.slots ?? 0) - (network.totals?.draining ?? 0));
      }),
      { numRuns: 2_000 },
    );
  });

  it("counts jobs and requests in whole groups, so that no difference of them is a single one", () => {
    fc.assert(
      fc.property(machines, loads, (of, heard) => {
        const network = told(of, heard);
        for (const { busy, draining, waiting, jobs } of rowsOf(network))
          for (const number of [busy, draining, waiting, jobs]) expect(number % K).toBe(0);
        for (const { busy } of network.hardware) expect(busy % K).toBe(0);
      }),
      { numRuns: 2_000 },
    );
  });

  it("has nothing of models whose workers are too few even together: whatever they do, it is the same", () => {
    fc.assert(
      fc.property(
        fc.array(machine, { minLength: K, maxLength: 8 }),
        loads,
        machine,
        load,
        load,
        (of, heard, alone, one, two) => {
          const rare = { ...alone, models: ["rare:1"] };
          const common = of.map((each) => ({ ...each, models: ["a:1", "b:1"] }));
          const others = new Map([...heard].filter(([model]) => model === "a:1" || model === "b:1"));
          const before = told([...common, rare], new Map([...others, ["rare:1", one]]));
          const after = told(
            [...common, { ...rare, slots: 9 - rare.slots }],
            new Map([...others, ["rare:1", two]]),
          );
          expect(after).toEqual(before);
          expect(before).toEqual(told(common, others));
        },
      ),
    );
  });

  it("has no tokens of fewer than three answers, neither in a row nor in what totals and rows differ by", () => {
    fc.assert(
      fc.property(machines, loads, fc.integer({ min: 1, max: 500 }), (of, heard, more) => {
        const before = told(of, heard);
        const few = before.models.filter(({ name }) => (heard.get(name)?.streams ?? 0) < K);
        for (const { tokens } of few) expect(tokens).toBe(0);
        fc.pre(before.models.some(({ name }) => name === "a:1"));
        // One answer of a model that has a row, while those of all others are told.
        const quiet: [string, HeardLoad][] = [...heard].map(([model, each]) => [
          model,
          { ...each, streams: 3, tokens: 30 },
        ]);
        const alone = heard.get("a:1") ?? NO_LOAD;
        const single = (tokens: number) => new Map(quiet).set("a:1", { ...alone, streams: 1, tokens });
        expect(told(of, single(1))).toEqual(told(of, single(more)));
      }),
      { numRuns: 1_000 },
    );
  });

  it("loses no ended answer: what is held back is told with later ones", () => {
    fc.assert(
      fc.property(fc.array(count, { maxLength: 50 }), (seconds) => {
        const held: HeldJobs = new Map();
        const of = Array.from({ length: K }, () => ({
          models: ["a:1"],
          slots: 1,
          hardware: HardwareClass.CPU,
        }));
        let sum = 0;
        for (const jobs of seconds) {
          const network = told(of, new Map([["a:1", { ...NO_LOAD, jobs }]]), held);
          expect(network.totals?.jobs).toBe(network.models[0]?.jobs);
          sum += network.totals?.jobs ?? 0;
        }
        const ended = seconds.reduce((all, jobs) => all + jobs, 0);
        expect(sum).toBe(ended - (ended % K));
      }),
    );
  });

  it("is everything, to the single worker, where the smallest group is one", () => {
    const heard = new Map([
      [
        "a:1",
        {
          ...NO_LOAD,
          waiting: 1,
          running: new Map([[HardwareClass.CPU, 1]]),
          tokens: 7,
          streams: 1,
          jobs: 1,
        },
      ],
      // Its worker is paused.
      ["b:1", { ...NO_LOAD, draining: 1, drainingWorkers: 1 }],
    ]);
    const census = censusOf(snapshots([{ models: ["a:1"], slots: 2, hardware: HardwareClass.CPU }]), heard);
    const of = { workers: 1, slots: 2, busy: 1, draining: 0, waiting: 1, tokens: 7, jobs: 1 };
    expect(toldNetwork(census, 1, new Map())).toEqual({
      totals: { ...of, slots: 3, draining: 1 },
      models: [{ name: "a:1", ...of }],
      other: { workers: 0, slots: 1, busy: 0, draining: 1, waiting: 0, tokens: 0, jobs: 0 },
      hardware: [{ class: "cpu", workers: 1, slots: 2, busy: 1 }],
    });
  });

  it("is nothing of two workers, and says so of none", () => {
    const two = Array.from({ length: 2 }, () => ({ models: ["a:1"], slots: 1, hardware: HardwareClass.CPU }));
    expect(told(two, new Map())).toEqual({ totals: undefined, models: [], other: undefined, hardware: [] });
    expect(told([], new Map()).totals).toMatchObject({ workers: 0, slots: 0 });
  });

  it("names the 64 models with the most workers, and sums the others", () => {
    const of = Array.from({ length: 9 }, (_, index) => ({
      models: Array.from({ length: 100 }, (_, model) => `m${model}:1`).slice(index < 4 ? 0 : 50),
      slots: 1,
      hardware: HardwareClass.UNSPECIFIED,
    }));
    const { models, other } = told(of, new Map());
    expect(models.map(({ workers }) => workers)).toEqual([...Array(50).fill(9), ...Array(14).fill(4)]);
    expect(other?.workers).toBe(4);
  });
});

const NO_LOAD: HeardLoad = {
  ...{ waiting: 0, running: new Map(), draining: 0, drainingWorkers: 0 },
  ...{ tokens: 0, streams: 0, jobs: 0 },
};

import { randomUUID } from "node:crypto";
import type { Mesh } from "@flock/mesh";
import { NoJobReason, ROUTER, type WorkerStanding } from "@flock/proto/router";
import { HardwareClass, WorkerState } from "@flock/proto/workers";
import { eventually } from "@flock/provision/testing";
import { ask } from "./ask.js";
import { startedForFile } from "./started.js";

/** A router on a mesh, with a worker of that id: ready, with two slots and one model, which nobody wants. */
export interface ToldRouterUnderContract {
  readonly mesh: Mesh;
  readonly workerId: string;
  readonly model: string;
  stop(): Promise<void>;
}

/** What the api relies on when it asks how workers fare. */
export function routerForApiContract(name: string, start: () => Promise<ToldRouterUnderContract>): void {
  describe(`the contract of the router with the api, as ${name} keeps it`, () => {
    const router = startedForFile(start);
    const standings = async (...workerIds: string[]): Promise<WorkerStanding[]> =>
      (await ask(router().mesh, ROUTER.workers, { workerIds })).workers;

    it("each worker is told of in the order of the question, also one of which nothing is known", async () => {
      const ids = [randomUUID(), router().workerId, randomUUID()];
      const told = await standings(...ids);
      expect(told.map(({ workerId }) => workerId)).toEqual(ids);
      expect(told[0]).toEqual({
        ...{ workerId: ids[0], live: undefined, lastHeardUnixMs: 0, offences: undefined, noJob: [] },
      });
      expect(await standings()).toEqual([]);
    });

    it("of a live worker is told what it has announced, and when it was heard", async () => {
      const { workerId, model } = router();
      const [told] = await standings(workerId);
      expect(told?.live).toEqual({
        state: WorkerState.READY,
        slots: 2,
        active: 0,
        models: [{ name: model, loaded: true, isAdmitted: true }],
        breaker: "closed",
        hardware: HardwareClass.UNSPECIFIED,
      });
      expect(Math.abs((told?.lastHeardUnixMs ?? 0) - Date.now())).toBeLessThan(10_000);
      expect(told?.offences).toBeUndefined();
    });

    it("of a worker with free slots is told for how many seconds nobody wanted anything of it", async () => {
      const noJob = await eventually("a second is counted", async () => {
        const [told] = await standings(router().workerId);
        return told?.noJob.find(({ seconds }) => seconds > 0);
      });
      expect(noJob.reason).toBe(NoJobReason.NO_DEMAND);
    });

    it("of more than 50 workers nothing is told", async () => {
      const many = Array.from({ length: 51 }, () => randomUUID());
      await expect(standings(...many)).rejects.toMatchObject({ code: "invalid_argument" });
    });
  });
}

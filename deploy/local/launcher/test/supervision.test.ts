import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Guardian, identifyProcess } from "@flock/provision";
import { createTestDirectory, eventually, type TestDirectory } from "@flock/provision/testing";
import { Mesh } from "../src/mesh.js";
import { ProcessRegistry } from "../src/process-registry.js";
import { FixtureParts, untilGone } from "./fixture-mesh.js";

describe("a mesh of supervised parts", () => {
  let directory: TestDirectory;
  let guardian: Guardian;
  let parts: FixtureParts;
  let said: string[];
  let ready: string[];
  let changes: number;
  let mesh: Mesh | undefined;

  const events = {
    say: (line: string) => void said.push(line),
    onReady: (name: string) => void ready.push(name),
    onChange: () => {
      changes++;
    },
  };

  beforeEach(async () => {
    directory = await createTestDirectory();
    guardian = await Guardian.start();
    parts = new FixtureParts(
      directory.path,
      new ProcessRegistry(join(directory.path, "processes.json"), guardian),
    );
    [said, ready, changes, mesh] = [[], [], 0, undefined];
  });

  afterEach(async () => {
    await mesh?.stop();
    await guardian.close();
    parts.close();
    await directory.remove();
  });

  it("starts each part when what it needs is ready, and stops the groups in order", async () => {
    mesh = new Mesh(
      [
        await parts.make({ name: "front", dependsOn: ["middle"], stopGroup: 1 }),
        await parts.make({ name: "middle", dependsOn: ["back"], stopGroup: 2 }),
        await parts.make({ name: "back", mode: "slow", stopGroup: 3 }),
      ],
      events,
    );
    const starting = mesh.start();
    await eventually("back starts", () => parts.events().includes("back starts"));
    expect(parts.events()).toEqual(["back starts"]);
    writeFileSync(parts.gate, "");
    await starting;
    expect(ready).toEqual(["back", "middle", "front"]);
    await mesh.stop();
    expect(parts.events().slice(3)).toEqual(["front ends", "middle ends", "back ends"]);
  }, 60_000);

  it("starts a part that was killed again, and says what died and how", async () => {
    mesh = new Mesh([await parts.make({ name: "ledger", role: "ledger" })], events);
    await mesh.start();
    const [before] = mesh.pids().ledger;
    const changesBefore = changes;
    process.kill(before ?? 0, "SIGKILL");
    await eventually("ledger is back", () => said.some((line) => line.startsWith("ledger is back")));
    const [after] = mesh.pids().ledger;
    expect(after).toBeDefined();
    expect(after).not.toBe(before);
    expect(changes - changesBefore).toBe(2);
    expect(said[0]).toMatch(/^ledger ended \(SIGKILL\); starting it again in 100 ms; log: .*ledger\.log$/);
  }, 60_000);

  it("gives up a part that never starts, and says what it said", async () => {
    mesh = new Mesh([await parts.make({ name: "router", mode: "broken" })], events);
    const error = await mesh.start().catch((thrown: unknown) => thrown);
    const [first, second, third] = (error as Error).message.split("\n");
    expect(first).toBe("router could not be started: ended (exit code 3)");
    expect(second).toContain("cannot work: the fixture is broken");
    expect(third).toContain(join(directory.path, "router.log"));
    expect(parts.events()).toEqual(["router starts", "router starts", "router starts"]);
  }, 60_000);

  it("goes on without a part that is of no use to start, and says once why", async () => {
    const whyNotAgain = async ({ code }: { readonly code: number | null }) =>
      code === 3 ? "it is banned" : undefined;
    mesh = new Mesh(
      [
        await parts.make({ name: "banned", role: "worker", mode: "broken", whyNotAgain }),
        await parts.make({ name: "router", role: "router", dependsOn: ["banned"] }),
      ],
      events,
    );
    expect(await mesh.start()).toEqual(new Set(["router"]));
    expect(ready).toEqual(["router"]);
    expect(said).toEqual([
      expect.stringMatching(/^banned is not started: it is banned; log: .*banned\.log$/),
    ]);
    expect(parts.events()).toEqual(["banned starts", "router starts"]);
    expect(mesh.pids()).toMatchObject({ worker: [], router: [expect.any(Number)] });
  }, 60_000);

  it("does not start a part again whose end says that it is of no use, but does after any other end", async () => {
    let isBanned = false;
    const whyNotAgain = async () => (isBanned ? "it is banned" : undefined);
    mesh = new Mesh([await parts.make({ name: "worker", role: "worker", whyNotAgain })], events);
    await mesh.start();
    process.kill(mesh.pids().worker[0] ?? 0, "SIGKILL");
    await eventually("worker is back", () => said.some((line) => line.startsWith("worker is back")));
    isBanned = true;
    process.kill(mesh.pids().worker[0] ?? 0, "SIGKILL");
    await eventually("worker is given up", () => said.some((line) => line.includes("it is banned")));
    await mesh.stop();
    expect(said.at(-1)).toMatch(/^worker ended \(SIGKILL\) and is not started again: it is banned; log: /);
    expect(parts.events().filter((event) => event === "worker starts")).toHaveLength(2);
  }, 60_000);

  it("can be stopped while a part is starting", async () => {
    mesh = new Mesh(
      [
        await parts.make({ name: "slow", mode: "slow" }),
        await parts.make({ name: "next", dependsOn: ["slow"] }),
      ],
      events,
    );
    const starting = mesh.start();
    const outcome = expect(starting).rejects.toThrow("could not be started");
    await eventually("slow starts", () => parts.events().includes("slow starts"));
    await mesh.stop();
    await outcome;
    expect(parts.events()).toEqual(["slow starts", "slow ends"]);
  }, 60_000);

  it("stops a part that is frozen", async () => {
    mesh = new Mesh([await parts.make({ name: "worker", role: "worker" })], events);
    await mesh.start();
    const { worker } = mesh.pids();
    for (const pid of worker) process.kill(pid, "SIGSTOP");
    await mesh.stop();
    await untilGone(worker);
  }, 60_000);

  it("kills a part that does not end when asked", async () => {
    mesh = new Mesh([await parts.make({ name: "stubborn", mode: "stubborn" })], events);
    await mesh.start();
    const [pid = 0] = mesh.pids().api;
    await mesh.stop();
    expect(await identifyProcess(pid)).toBeUndefined();
  }, 60_000);
});

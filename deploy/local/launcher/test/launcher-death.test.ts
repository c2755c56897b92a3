import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { createTestDirectory, type TestDirectory } from "@flock/provision/testing";
import { endLeftovers } from "../src/process-registry.js";
import { untilGone } from "./fixture-mesh.js";

interface Launched {
  launcher: ChildProcess;
  guardian: number;
  /** Of a nats-server, a service and a service that ignores every request to end. */
  pids: number[];
}

describe("when the launcher is killed", () => {
  let directory: TestDirectory;
  beforeAll(async () => {
    directory = await createTestDirectory();
  });
  afterAll(() => directory.remove());

  async function launch(name: string, fate: string): Promise<Launched> {
    const program = join(import.meta.dirname, "fixtures/launcher.mjs");
    const launcher = spawn(process.execPath, [program, join(directory.path, name), fate], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = (await once(createInterface({ input: launcher.stdout }), "line")) as [string];
    return { launcher, ...(JSON.parse(line) as Omit<Launched, "launcher">) };
  }

  it("nothing of it is left, not even a service that ignores SIGTERM", async () => {
    const { launcher, guardian, pids } = await launch("guarded", "with-guardian");
    expect(pids).toHaveLength(3);
    launcher.kill("SIGKILL");
    await untilGone([...pids, guardian]);
  }, 60_000);

  it("together with its guardian, the next launcher ends what is left", async () => {
    const { launcher, pids } = await launch("unguarded", "without-guardian");
    launcher.kill("SIGKILL");
    await once(launcher, "exit");
    expect(await endLeftovers(join(directory.path, "unguarded", "processes.json"))).toBeGreaterThan(0);
    await untilGone(pids);
  }, 60_000);
});

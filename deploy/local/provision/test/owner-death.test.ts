import { identifyProcess } from "../src/process-identity.js";
import { allGone, startFixture } from "./fixture-process.js";

describe("when the owner is killed", () => {
  it("the servers of its tests end", async () => {
    const { child, said } = await startFixture<{ pids: number[] }>("test-servers-owner.mjs");
    expect((await Promise.all(said.pids.map(identifyProcess))).every(Boolean)).toBe(true);
    child.kill("SIGKILL");
    await allGone(said.pids);
  }, 60_000);

  it("its guardian ends what it has left, also what ignores SIGTERM, and then itself", async () => {
    const { child, said } = await startFixture<{ guardian: number; pids: number[] }>("guarded-owner.mjs");
    child.kill("SIGKILL");
    await allGone([...said.pids, said.guardian]);
  }, 20_000);

  it("a guardian that was closed is gone, and so is what it still watched", async () => {
    const { child, said } = await startFixture<{ guardian: number; pids: number[] }>("guarded-owner.mjs", [
      "close",
    ]);
    await allGone([...said.pids, said.guardian]);
    expect(child.exitCode).toBeNull();
    child.kill("SIGKILL");
  }, 20_000);
});

import { spawn } from "node:child_process";
import { once } from "node:events";
import { endProcess } from "./end-process.js";
import { identifyProcess, isAlive } from "./process-identity.js";

async function sleeper() {
  const child = spawn("sleep", ["60"]);
  await once(child, "spawn");
  const identity = await identifyProcess(child.pid ?? 0);
  if (identity === undefined) throw new Error("sleep did not start");
  return { child, identity };
}

describe("endProcess", () => {
  it("ends a process that is still the same", async () => {
    const { identity } = await sleeper();
    expect(await endProcess(identity, [{ signal: "SIGTERM", waitMs: 2_000 }])).toBe(true);
    expect(await isAlive(identity)).toBe(false);
  });

  it("never signals a process that merely has the same id", async () => {
    const { child, identity } = await sleeper();
    expect(await endProcess({ ...identity, startedAt: "another time" }, [])).toBe(true);
    expect(await isAlive(identity)).toBe(true);
    child.kill();
  });

  it("takes a frozen process down too", async () => {
    const { child, identity } = await sleeper();
    child.kill("SIGSTOP");
    expect(await endProcess(identity, [{ signal: "SIGTERM", waitMs: 50 }])).toBe(true);
  });
});

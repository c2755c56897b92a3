import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { identifyProcess } from "@flock/provision";
import { createTestDirectory, type TestDirectory } from "@flock/provision/testing";
import { lockDataDir } from "./data-dir-lock.js";

describe("lockDataDir", () => {
  let directory: TestDirectory;
  let lockFile: string;
  beforeEach(async () => {
    directory = await createTestDirectory();
    lockFile = join(directory.path, "launcher.lock");
  });
  afterEach(() => directory.remove());

  it("lets one of many have the directory, and the next one after it is given up", async () => {
    const attempts = await Promise.allSettled(Array.from({ length: 8 }, () => lockDataDir(lockFile)));
    const held = attempts.filter((attempt) => attempt.status === "fulfilled");
    expect(held).toHaveLength(1);
    await held[0]?.value();
    const unlock = await lockDataDir(lockFile);
    await unlock();
    expect(await readdir(directory.path)).toEqual([]);
  });

  it("names the process that has it", async () => {
    const holder = spawn("sleep", ["60"]);
    await once(holder, "spawn");
    await writeFile(lockFile, JSON.stringify(await identifyProcess(holder.pid ?? 0)));
    await expect(lockDataDir(lockFile)).rejects.toThrow(
      `another launcher (process ${holder.pid}) is running`,
    );
    holder.kill("SIGKILL");
    await once(holder, "exit");
    await lockDataDir(lockFile);
  });

  it("is not held by a process that merely got the same id", async () => {
    const self = await identifyProcess(process.pid);
    await writeFile(lockFile, JSON.stringify({ ...self, startedAt: "another time" }));
    await lockDataDir(lockFile);
  });

  it("is broken by exactly one of many when it is stale", async () => {
    await writeFile(lockFile, JSON.stringify({ pid: process.pid, startedAt: "another time" }));
    const attempts = await Promise.allSettled(Array.from({ length: 8 }, () => lockDataDir(lockFile)));
    expect(attempts.filter((attempt) => attempt.status === "fulfilled")).toHaveLength(1);
    expect(await readdir(directory.path)).toEqual(["launcher.lock"]);
  });

  it("is broken when it cannot be read", async () => {
    await writeFile(lockFile, "not ours");
    await lockDataDir(lockFile);
  });

  it("says what to do when a launcher died in the middle of breaking it", async () => {
    const gone = JSON.stringify({ pid: process.pid, startedAt: "another time" });
    await writeFile(lockFile, gone);
    await writeFile(`${lockFile}.breaking`, gone);
    await expect(lockDataDir(lockFile)).rejects.toThrow(`remove ${lockFile}.breaking and start again`);
  });
});

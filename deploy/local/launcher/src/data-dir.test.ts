import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createTestDirectory, type TestDirectory } from "@flock/provision/testing";
import { dataPaths, emptyDataDir, openDataDir } from "./data-dir.js";

describe("a data directory", () => {
  let directory: TestDirectory;
  beforeEach(async () => {
    directory = await createTestDirectory();
  });
  afterEach(() => directory.remove());

  it("is refused when it holds something that is not ours, and nothing in it changes", async () => {
    await writeFile(join(directory.path, "thesis.txt"), "three years of work");
    await expect(openDataDir(directory.path)).rejects.toThrow("is not a data directory of FlockOllamas");
    await expect(emptyDataDir(directory.path)).rejects.toThrow("is not a data directory of FlockOllamas");
    expect(await readdir(directory.path)).toEqual(["thesis.txt"]);
  });

  it("is emptied of what we keep, and of nothing else", async () => {
    const dataDir = join(directory.path, "data");
    await openDataDir(dataDir);
    const paths = dataPaths(dataDir);
    await mkdir(paths.nats);
    await writeFile(paths.treasuryKey, "x");
    await mkdir(join(dataDir, "postgres"));
    for (const file of [
      paths.demoAccount,
      paths.ports,
      paths.workerKey("worker-1"),
      join(dataDir, "notes.txt"),
    ]) {
      await writeFile(file, "x");
    }
    await emptyDataDir(dataDir);
    const folders = ["chain", "logs", "treasury", "wallets", "workers"];
    expect((await readdir(dataDir)).sort()).toEqual([".flock-data", "notes.txt", ...folders].sort());
    for (const folder of folders) expect(await readdir(join(dataDir, folder))).toEqual([]);
  });

  it("can be opened again", async () => {
    const dataDir = join(directory.path, "data");
    await openDataDir(dataDir);
    await openDataDir(dataDir);
  });
});

import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
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
      paths.guestKey,
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

  it("says which format it has, and is refused when that is newer, also if it is to be emptied", async () => {
    const dataDir = join(directory.path, "data");
    await openDataDir(dataDir);
    const marker = join(dataDir, ".flock-data");
    expect(await readFile(marker, "utf8")).toMatch(/^format: 2$/m);
    await writeFile(marker, "FlockOllamas keeps its data here.\nformat: 3\n");
    const refusal = /newer version .* \(format 3, .* knows 2\)\. Run that version/;
    await expect(openDataDir(dataDir)).rejects.toThrow(refusal);
    await expect(openDataDir(dataDir, true)).rejects.toThrow(refusal);
    await expect(emptyDataDir(dataDir)).rejects.toThrow(refusal);
    expect(await readFile(marker, "utf8")).toContain("format: 3");
  });

  it("of a version without formats is refused with what to do, until it is emptied", async () => {
    const dataDir = join(directory.path, "data");
    await openDataDir(dataDir);
    await writeFile(join(dataDir, ".flock-data"), "FlockOllamas keeps its data here.\n");
    await expect(openDataDir(dataDir)).rejects.toThrow("npm start -- --fresh");
    await openDataDir(dataDir, true);
    await emptyDataDir(dataDir);
    await openDataDir(dataDir);
  });

  it("can be opened again", async () => {
    const dataDir = join(directory.path, "data");
    await openDataDir(dataDir);
    await openDataDir(dataDir);
  });
});

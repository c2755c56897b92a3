import { spawnSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { createTestDirectory, eventually, type TestDirectory } from "@flock/provision/testing";
import { LogFile } from "./log-file.js";

describe("LogFile", () => {
  let directory: TestDirectory;
  beforeAll(async () => {
    directory = await createTestDirectory();
  });
  afterAll(() => directory.remove());

  it("keeps what processes write themselves, over their restarts, and shows the last lines", () => {
    const log = new LogFile(join(directory.path, "service.log"));
    for (const text of ["first", "second"])
      spawnSync("echo", [text], { stdio: ["ignore", log.descriptor, "ignore"] });
    log.write(Buffer.from("third\n"));
    expect(log.lastLines(2, 0)).toBe("    second\n    third");
    const end = log.end();
    log.write(Buffer.from("fourth\n"));
    expect(log.lastLines(2, end)).toBe("    fourth");
    expect(statSync(log.path).mode & 0o077).toBe(0);
    log.close();
  });

  it("is bounded: beyond its size it goes to a second file and begins again", async () => {
    const log = new LogFile(join(directory.path, "busy.log"), 5, 1_000);
    const line = `${"x".repeat(99)}\n`;
    for (let count = 0; count < 20; count++) log.write(Buffer.from(line));
    await eventually("rotation", () => statSync(log.path).size === 0);
    expect(readFileSync(`${log.path}.1`, "utf8")).toBe(line.repeat(20));
    log.write(Buffer.from("after\n"));
    expect(readFileSync(log.path, "utf8")).toBe("after\n");
    log.close();
  });
});

import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { releasePlatform, verifyChecksum } from "./nats-release.js";
import { isRecentVersion, locateNatsServer } from "./nats-server-binary.js";
import { createTestDirectory, type TestDirectory } from "./testing.js";

describe("locateNatsServer", () => {
  let directory: TestDirectory;
  beforeAll(async () => {
    directory = await createTestDirectory();
  });
  afterAll(() => directory.remove());

  /** A program that only knows its version. */
  async function install(folder: string, version: string): Promise<string> {
    const path = join(directory.path, folder);
    await mkdir(path, { recursive: true });
    await writeFile(join(path, "nats-server"), `#!/bin/sh\necho "nats-server: v${version}"\n`);
    await chmod(join(path, "nats-server"), 0o755);
    return path;
  }

  it("takes the first one on PATH that is recent enough", async () => {
    const [old, recent, newer] = [
      await install("old", "2.9.10"),
      await install("recent", "2.10.0"),
      await install("newer", "2.12.1"),
    ];
    const searchPath = [join(directory.path, "missing"), old, recent, newer].join(":");
    expect(await locateNatsServer({ searchPath })).toBe(join(recent, "nats-server"));
  });

  it("falls back on the cache", async () => {
    const searchPath = await install("old", "2.9.10");
    const cacheDirectory = await install("cache", "2.15.1");
    expect(await locateNatsServer({ searchPath, cacheDirectory })).toBe(join(cacheDirectory, "nats-server"));
  });
});

describe("isRecentVersion", () => {
  it.each([
    ["nats-server: v2.10.27", true],
    ["nats-server: v2.9.10", false],
    ["nats-server: v2.15.1-preview.2", true],
    ["nats-server: v3.0.0", true],
    ["nats-server: v1.4.1", false],
    ["something else", false],
  ])("%s: %s", (output, expected) => {
    expect(isRecentVersion(output)).toBe(expected);
  });
});

describe("the official release", () => {
  const bytes = Buffer.from("archive");
  const digest = "0eb3e36bfb24dcd9bb1d1bece1531216b59539a8fde17ee80224af0653c92aa3";

  it("is named for the platform", () => {
    expect(releasePlatform("linux", "x64")).toBe("linux-amd64");
    expect(releasePlatform("darwin", "arm64")).toBe("darwin-arm64");
  });

  it("is accepted when its checksum is the listed one", () => {
    verifyChecksum("a.tar.gz", bytes, `0000  other.tar.gz\n${digest}  a.tar.gz\n`);
    verifyChecksum("a.tar.gz", bytes, `${digest.toUpperCase()} *a.tar.gz`);
  });

  it("is refused when its checksum differs or is not listed", () => {
    const sums = `${digest}  a.tar.gz\n`;
    expect(() => verifyChecksum("a.tar.gz", Buffer.from("other"), sums)).toThrow("checksum mismatch");
    expect(() => verifyChecksum("b.tar.gz", bytes, sums)).toThrow("does not list b.tar.gz");
  });
});

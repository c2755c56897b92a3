import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { REPOSITORY_ROOT } from "@flock/provision";
import { createTestDirectory, type TestDirectory } from "@flock/provision/testing";
import { evaluate, scriptUrl } from "./run-script.js";

interface LockEntry {
  readonly version?: string;
  readonly integrity?: string;
  readonly dev?: true;
  readonly optional?: true;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
}

const WANTED: Readonly<Record<string, LockEntry>> = {
  "": { version: "1.0.0" },
  "packages/a": { version: "1.0.0" },
  "node_modules/library": { version: "1.0.0", integrity: "sha512-a" },
  "node_modules/compiler": { version: "1.0.0", integrity: "sha512-b", dev: true },
  "packages/a/node_modules/library": { version: "2.0.0", integrity: "sha512-c" },
  "node_modules/native-here": {
    version: "1.0.0",
    optional: true,
    os: [process.platform],
    cpu: [process.arch],
  },
  "node_modules/native-elsewhere": { version: "1.0.0", optional: true, os: ["plan9"], cpu: [process.arch] },
};
const HERE = Object.keys(WANTED).filter((path) => path !== "node_modules/native-elsewhere");

/** On a checkout of its own that has nothing but scripts, a lock and a node_modules. */
describe("an installation", () => {
  let directory: TestDirectory;
  let root: string;
  beforeEach(async () => {
    directory = await createTestDirectory();
    root = directory.path;
    await cp(join(REPOSITORY_ROOT, "scripts"), join(root, "scripts"), { recursive: true });
    await writeFile(join(root, "package-lock.json"), JSON.stringify({ packages: WANTED }));
  });
  afterEach(() => directory.remove());

  /** As npm leaves it that was told to install these. */
  async function install(paths: readonly string[]): Promise<void> {
    await rm(join(root, "node_modules/.package-lock.json"), { force: true });
    for (const path of paths) {
      await mkdir(join(root, path), { recursive: true });
      await writeFile(join(root, path, "package.json"), "{}");
    }
    const packages = Object.fromEntries(paths.map((path) => [path, WANTED[path]]));
    await mkdir(join(root, "node_modules"), { recursive: true });
    await writeFile(join(root, "node_modules/.package-lock.json"), JSON.stringify({ packages }));
  }

  function ask<T>(call: string): Promise<T> {
    const code = `import * as installation from "${scriptUrl("installation.mjs", root)}";
      console.log(JSON.stringify(await installation.${call}()));`;
    return evaluate(code);
  }
  const isInstalled = () => ask<boolean>("isInstalled");
  const stamp = () => ask<string[]>("stampInstallation");

  it("is none where nothing is installed", async () => {
    expect(await isInstalled()).toBe(false);
  });

  it("is whole when all that this platform needs is there, whoever installed it", async () => {
    await install(HERE);
    expect(await isInstalled()).toBe(true);
    expect(await stamp()).toEqual([]);
    expect(await isInstalled()).toBe(true);
  });

  it.each(["node_modules/compiler", "node_modules/library", "packages/a/node_modules/library"])(
    "is not stamped when %s was left out, and says so",
    async (left) => {
      await install(HERE.filter((path) => path !== left));
      expect(await isInstalled()).toBe(false);
      expect(await stamp()).toEqual([left]);
      expect(await isInstalled()).toBe(false);
    },
  );

  it("is not whole without the native part for this platform, unless npm was asked for it and could not get it", async () => {
    await install(HERE.filter((path) => path !== "node_modules/native-here"));
    expect(await isInstalled()).toBe(false);
    expect(await stamp()).toEqual([]);
    expect(await isInstalled()).toBe(true);
  });

  it("is not whole any more when a package has been removed, whatever was stamped", async () => {
    await install(HERE);
    await stamp();
    await rm(join(root, "node_modules/compiler"), { recursive: true });
    expect(await isInstalled()).toBe(false);
  });

  it("is not whole when an earlier version has stamped half of it", async () => {
    await install(HERE);
    await stamp();
    const { hash } = JSON.parse(await readFile(join(root, "node_modules/.flock-installed"), "utf8")) as {
      hash: string;
    };
    await rm(join(root, "node_modules"), { recursive: true });
    await install(["", "packages/a", "node_modules/library"]);
    await writeFile(join(root, "node_modules/.flock-installed"), hash);
    expect(await isInstalled()).toBe(false);
  });

  it("is not whole when the lock has changed", async () => {
    await install(HERE);
    await stamp();
    const changed = { ...WANTED, "node_modules/library": { version: "1.0.1", integrity: "sha512-z" } };
    await writeFile(join(root, "package-lock.json"), JSON.stringify({ packages: changed }));
    expect(await isInstalled()).toBe(false);
  });
});

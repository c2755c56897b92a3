import { chmod, mkdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { copyForOthers, postgresBinaries } from "./postgres-binaries.js";
import { isCluster, openCluster } from "./postgres-cluster.js";
import { postgresHome } from "./postgres-home.js";
import { serverUser } from "./server-user.js";
import { createTestDirectory, type TestDirectory } from "./testing.js";

describe("copyForOthers", () => {
  let directory: TestDirectory;
  let original: string;
  beforeEach(async () => {
    directory = await createTestDirectory();
    original = join(directory.path, "native");
    for (const name of ["bin", "lib", "share/timezone"]) {
      await mkdir(join(original, name), { recursive: true });
    }
  });
  afterEach(() => directory.remove());

  const FILES = [
    ["bin/postgres", 0o755],
    ["lib/libpq.so", 0o644],
    ["share/timezone/UTC", 0o644],
  ] as const;

  async function install(umask: number): Promise<void> {
    for (const [name, mode] of FILES) {
      await writeFile(join(original, name), name);
      await chmod(join(original, name), mode & ~umask);
    }
    for (const name of ["share/timezone", "share", "lib", "bin", ""]) {
      await chmod(join(original, name), 0o755 & ~umask);
    }
  }

  it.each([0o022, 0o027, 0o077])("lets others run what was installed with umask %i", async (umask) => {
    await install(umask);
    const copy = await copyForOthers(original, join(directory.path, "copy"));
    for (const [name] of FILES) {
      const isProgram = name.startsWith("bin/");
      expect((await stat(join(copy, name))).mode & 0o005).toBe(isProgram ? 0o005 : 0o004);
    }
    for (const name of ["", "bin", "lib", "share", "share/timezone"]) {
      expect((await stat(join(copy, name))).mode & 0o777).toBe(0o755);
    }
    // What is installed stays as closed as it was.
    expect((await stat(join(original, "bin/postgres"))).mode & 0o777).toBe(0o755 & ~umask);
  });

  it("takes no room where the file system knows hard links and the files are open", async () => {
    await install(0o022);
    const copy = await copyForOthers(original, join(directory.path, "copy"));
    const [from, to] = await Promise.all([original, copy].map((root) => stat(join(root, "bin/postgres"))));
    expect(to?.ino).toBe(from?.ino);
  });
});

describe("openCluster", () => {
  it("makes a cluster where a shell would take parts of the binaries' path for something else", async () => {
    const directory = await createTestDirectory();
    const user = await serverUser();
    const odd = join(directory.path, `it's "a" $HOME \`b\` #c`);
    await mkdir(odd);
    const installed = await postgresBinaries(undefined, directory.path);
    const binaries = await copyForOthers(installed, join(odd, "native"));
    const home = await postgresHome(odd, user);
    const { dataDirectory } = await openCluster(home, binaries, user);
    expect(await isCluster(dataDirectory)).toBe(true);
    await directory.remove();
  }, 60_000);
});

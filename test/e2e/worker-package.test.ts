import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, realpathSync } from "node:fs";
import { copyFile, mkdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { type Books, eventually, type LogLine, type TestAccount, TestMesh, whole } from "@flock/harness";
import { loadIdentity } from "@flock/keys";
import { freePort, REPOSITORY_ROOT } from "@flock/provision";
import { createTestDirectory, type TestDirectory } from "@flock/provision/testing";
import { EnrollingApi } from "./enrolling-api.js";
import { FakeRegistry, type Manifest } from "./fake-registry.js";
import { filesBelow } from "./files-below.js";

const NAME = "@flockollamas/worker";
/** What it has of its own is not to grow unseen. */
const FILES_MAX = 220;
const BYTES_MAX = 850_000;

const run = promisify(execFile);

interface LockEntry {
  readonly version: string;
  readonly integrity: string;
}

function lockOf(file: string): Readonly<Record<string, LockEntry>> {
  return (JSON.parse(readFileSync(file, "utf8")) as { packages: Record<string, LockEntry> }).packages;
}

describe("the worker's package", () => {
  let directory: TestDirectory;
  let registry: FakeRegistry;
  let manifest: Manifest;
  let tarballs: readonly string[];
  /** The folder of a stranger, empty before the package was installed there. */
  let home: string;
  let installed: string;
  let own: readonly string[];

  beforeAll(async () => {
    directory = await createTestDirectory();
    const folders = ["packed", "packed again"].map((name) => join(directory.path, name));
    for (const folder of folders)
      await run(process.execPath, ["scripts/run.cjs", "pack-worker", folder], { cwd: REPOSITORY_ROOT });
    const staged = join(folders[0] ?? "", "package/package.json");
    manifest = JSON.parse(readFileSync(staged, "utf8")) as Manifest;
    tarballs = folders.map((folder) => join(folder, `flockollamas-worker-${manifest.version}.tgz`));
    registry = await FakeRegistry.start(manifest, tarballs[0] ?? "");
    home = join(directory.path, "home");
    await mkdir(home);
    const options = ["--prefix", home, "--prefer-offline", "--no-audit", "--no-fund"];
    await run("npm", ["install", NAME, `--@flockollamas:registry=${registry.url}`, ...options], {
      cwd: home,
    });
    installed = join(home, "node_modules", NAME);
    own = filesBelow(installed).filter((path) => !path.startsWith(join(installed, "node_modules")));
  }, 180_000);

  afterAll(async () => {
    await registry?.stop();
    await directory?.remove();
  });

  it("is the same, byte for byte, whenever it is packed", () => {
    const [first, second] = tarballs.map((file) => readFileSync(file));
    expect(first?.length).toBeGreaterThan(10_000);
    expect(second?.equals(first ?? Buffer.alloc(0))).toBe(true);
  });

  it("is published under the version and for the Node of this repository", () => {
    const root = JSON.parse(readFileSync(join(REPOSITORY_ROOT, "package.json"), "utf8")) as Manifest;
    expect(manifest).toMatchObject({ name: NAME, version: root.version, engines: root.engines });
    const exact = /^\d+\.\d+\.\d+$/;
    expect(Object.values(manifest.dependencies).filter((version) => !exact.test(version))).toEqual([]);
  });

  it("brings what a worker loads: no tests, no maps, no types, no calls of the ledger, the treasury or the verifier", () => {
    const names = own.map((path) => path.slice(installed.length + 1));
    expect(names).toEqual(
      expect.arrayContaining([
        "LICENSE",
        "README.md",
        "proto/gen/flock/jobs/v1/jobs.js",
        "worker/service.js",
      ]),
    );
    const unwanted =
      /\.map$|\.ts$|\.test\.|(^|\/)test|flock\/(ledger\/v1\/ledger|verifier\/v1\/verifier|treasury|keys)\b/;
    expect(names.filter((name) => unwanted.test(name))).toEqual([]);
    const bytes = own.reduce((sum, path) => sum + readFileSync(path).length, 0);
    expect([own.length < FILES_MAX, bytes < BYTES_MAX]).toEqual([true, true]);
  });

  it("has nothing of the workspace behind it: no link, no path, no name that only the workspace knows", () => {
    const root = realpathSync(home);
    expect(filesBelow(home).filter((path) => !realpathSync(path).startsWith(`${root}/`))).toEqual([]);
    const foreign = /(from |import\(?)"@flock\/|sourceMappingURL/;
    const texts = own.map((path) => ({ path, text: readFileSync(path, "utf8") }));
    expect(
      texts
        .filter(({ text }) => foreign.test(text) || text.includes(REPOSITORY_ROOT))
        .map(({ path }) => path),
    ).toEqual([]);
  });

  it("tells a Node that is too old what it needs, before it reads anything else", async () => {
    const old = join(directory.path, "old");
    await mkdir(join(old, "worker/cli"), { recursive: true });
    const newer = { ...manifest, type: "module", engines: { node: ">=99.1" } };
    await writeFile(join(old, "package.json"), JSON.stringify(newer));
    await copyFile(join(installed, "worker/cli/main.js"), join(old, "worker/cli/main.js"));
    await expect(run(process.execPath, [join(old, "worker/cli/main.js")])).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /^flock-worker: this is Node \S+, and the worker needs 99\.1 or newer\.\nInstall /,
      ),
    });
  });

  it("installs the very versions that are tested here, and npm finds nothing amiss", async () => {
    const tested = Object.values(lockOf(join(REPOSITORY_ROOT, "package-lock.json")));
    const { "": _top, ...locked } = lockOf(join(installed, "npm-shrinkwrap.json"));
    const untested = Object.entries(locked).filter(
      ([, { version, integrity }]) =>
        !tested.some((entry) => entry.version === version && entry.integrity === integrity),
    );
    expect(untested).toEqual([]);
    const versions = Object.keys(locked).map((path) => {
      const { version } = JSON.parse(readFileSync(join(installed, path, "package.json"), "utf8")) as Manifest;
      return [path, version];
    });
    expect(Object.fromEntries(versions)).toEqual(
      Object.fromEntries(Object.entries(locked).map(([path, { version }]) => [path, version])),
    );
    await expect(run("npm", ["ls", "--all", "--prefix", home], { cwd: home })).resolves.toBeDefined();
  });

  describe("in the hands of a stranger", () => {
    let mesh: TestMesh;
    let api: EnrollingApi;
    let books: Books;
    let alice: TestAccount;
    let worker: ChildProcess | undefined;
    let printed: LogLine[] = [];
    let port: number;

    beforeAll(async () => {
      mesh = await TestMesh.start({ workers: 1 });
      api = await EnrollingApi.start(mesh);
      books = await mesh.books();
      alice = await mesh.account("alice");
      port = await freePort();
    }, 180_000);

    afterEach(async () => {
      if (worker?.exitCode === null && worker.signalCode === null) {
        const exited = once(worker, "exit");
        worker.kill("SIGKILL");
        await exited;
      }
      worker = undefined;
    });

    afterAll(async () => {
      await api?.stop();
      await mesh?.stop();
    }, 60_000);

    /** The command, with nothing of this repository in its environment. */
    const command = (...args: readonly string[]) => {
      const program = join(home, "node_modules/.bin/flock-worker");
      const environment = { PATH: process.env["PATH"] ?? "", HOME: home };
      return { program, args: [...args, "--health-port", `${port}`], environment };
    };

    async function start(args: readonly string[], own: NodeJS.ProcessEnv = {}): Promise<ChildProcess> {
      const { program, args: all, environment } = command(...args);
      // The channel ends it with the test, whatever becomes of that.
      const child = spawn(process.execPath, [program, ...all], {
        cwd: home,
        env: { ...environment, ...own },
        stdio: ["ignore", "pipe", "inherit", "ipc"],
      });
      printed = [];
      if (child.stdout !== null)
        createInterface({ input: child.stdout }).on("line", (line) => {
          printed.push(JSON.parse(line) as LogLine);
        });
      worker = child;
      await once(child, "spawn");
      return child;
    }

    const ask = async (...args: readonly string[]) => {
      const { program, args: all, environment } = command(...args);
      return (await run(process.execPath, [program, ...all], { cwd: home, env: environment })).stdout;
    };

    it("says its version, also to npx, which looks for a command by the package's name", async () => {
      expect(await ask("--version")).toBe(`${manifest.version}\n`);
      // Without leave to install it: it is there.
      const npx = ["--no", "--prefix", home, NAME, "--version"];
      expect((await run("npx", npx, { cwd: home })).stdout).toBe(`${manifest.version}\n`);
    });

    it("enrols with one command, serves a job, is paid, and finishes at Ctrl-C", async () => {
      await mesh.control("worker-1", "pause");
      const child = await start(["--api", api.url, "--ollama", mesh.state.ollamaUrl]);
      const isReady = async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).status === 200;
      await eventually("the stranger to be ready", isReady);
      const { workerId } = JSON.parse(await ask("state")) as { workerId: string };
      expect(printed.find(({ msg }) => msg === "worker")).toMatchObject({ worker: workerId, paid: workerId });

      const story = { model: mesh.model, prompt: "Tell me a story about a llama." };
      const { text, jobId } = await whole(alice.client.generate({ ...story, options: { temperature: 0 } }));
      expect(text).not.toBe("");
      const { chargeMicro, workerShareMicro } = await books.settled(jobId);
      expect(chargeMicro).toBeGreaterThan(0n);
      expect(await books.balance(`earnings:${workerId}`)).toBe(workerShareMicro);

      const exited = once(child, "exit");
      child.kill("SIGINT");
      expect(await exited).toEqual([0, null]);
      expect(printed.map(({ msg }) => msg)).toContain("finishing running jobs; Ctrl-C again ends at once");
    }, 60_000);

    it("keeps its wallet where the platform keeps such things, for its user alone", async () => {
      // Nobody listens there: the wallet is made before.
      const nobody = ["--api", "http://127.0.0.1:1", "--ollama", "127.0.0.1:1"];
      const child = await start(nobody, { XDG_DATA_HOME: home });
      await eventually("the worker to say who it is", () => printed.some(({ msg }) => msg === "worker"));
      const greeting = printed.find(({ msg }) => msg === "worker");
      const file = String(greeting?.["wallet"]).split(" (new: ")[0] ?? "";
      expect(file.startsWith(home)).toBe(true);
      expect((await loadIdentity(file)).id).toBe(greeting?.["worker"]);
      expect((await stat(file)).mode & 0o777).toBe(0o600);
      await eventually("it to say what it lacks", () =>
        printed.some(
          ({ msg, hint }) => /^no Ollama answers/.test(String(msg)) && /ollama serve/.test(String(hint)),
        ),
      );
      const exited = once(child, "exit");
      child.kill("SIGTERM");
      await exited;
    });
  });
});

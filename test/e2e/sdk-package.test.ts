import { execFile } from "node:child_process";
import { readFileSync, realpathSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { REPOSITORY_ROOT } from "@flock/provision";
import { createTestDirectory, type TestDirectory } from "@flock/provision/testing";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import type { Manifest } from "./fake-registry.js";
import { filesBelow } from "./files-below.js";

const NAME = "@flockollamas/sdk";
/** What it has of its own is not to grow unseen. */
const FILES_MAX = 200;
const BYTES_MAX = 500_000;

const run = promisify(execFile);

/** A program of somebody who knows nothing of this repository, as its compiler reads it. */
const PROGRAM = `
import { createFlock, FlockApiError, formatLlama, type MicroLlama, type Page, type Transfer } from "@flockollamas/sdk";
import { verifyReceipt, type Verdict, type ProvenReceipt } from "@flockollamas/sdk/verify";

const flock = createFlock({ url: "http://127.0.0.1:9", token: "flk_x", retries: 0 });
export const account: Promise<MicroLlama> = flock.account.get().then(({ wallet }) => wallet.availableMicro);
export const page: Promise<Page<Transfer>> = flock.statement.list({ account: "wallet" }).page({ limit: 5 });
export const proven = async (id: string): Promise<Verdict<ProvenReceipt>> => verifyReceipt(await flock.jobs.receipt(id));
export const shown = (amount: MicroLlama, error: unknown): string =>
  error instanceof FlockApiError ? error.code : formatLlama(amount);
// @ts-expect-error An amount is no number.
flock.stakes.stake({ amountMicro: 5 });
`;

const LOADED = `
import { createFlock, FlockConnectionError } from "@flockollamas/sdk";
import { verifyEpochProof, verifyReceipt } from "@flockollamas/sdk/verify";
const flock = createFlock({ url: "http://127.0.0.1:9", retries: 0 });
const failure = await flock.network.get().catch((error) => error);
const proof = verifyEpochProof("{}", { root: "0" });
const receipt = await verifyReceipt({ signedReceipt: "AA==" });
console.log(JSON.stringify([failure instanceof FlockConnectionError, proof.verdict, receipt.verdict]));
`;

describe("the SDK's package", () => {
  let directory: TestDirectory;
  let staged: string;
  let manifest: Manifest;
  let home: string;
  let installed: string;
  let own: readonly string[];

  beforeAll(async () => {
    directory = await createTestDirectory();
    const folder = join(directory.path, "packed");
    await run(process.execPath, ["scripts/run.cjs", "pack-sdk", folder], { cwd: REPOSITORY_ROOT });
    staged = join(folder, "package");
    manifest = JSON.parse(readFileSync(join(staged, "package.json"), "utf8")) as Manifest;
    home = join(directory.path, "home");
    await mkdir(home);
    await writeLock(home, join(folder, `flockollamas-sdk-${manifest.version}.tgz`), manifest);
    await run("npm", ["ci", "--prefer-offline", "--no-audit", "--no-fund"], { cwd: home });
    installed = join(home, "node_modules", NAME);
    own = filesBelow(installed);
  }, 180_000);
  afterAll(() => directory?.remove());

  it("is one that programs of every kind can import, as publint reads it", async () => {
    const { messages, pkg } = await publint({ pkgDir: staged, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  it("is published under the version and for the Node of this repository", () => {
    const root = JSON.parse(readFileSync(join(REPOSITORY_ROOT, "package.json"), "utf8")) as Manifest;
    expect(manifest).toMatchObject({ name: NAME, version: root.version, engines: root.engines });
  });

  it("brings what a client loads and the types of it, and nothing of the workspace", () => {
    const names = own.map((path) => path.slice(installed.length + 1));
    expect(names).toEqual(
      expect.arrayContaining([
        "LICENSE",
        "README.md",
        "examples/chat.mjs",
        "sdk/index.js",
        "sdk/verify.d.ts",
      ]),
    );
    expect(names.filter((name) => /\.map$|\.test\.|(^|\/)test/.test(name))).toEqual([]);
    const texts = own.map((path) => readFileSync(path, "utf8"));
    const foreign = /(from |import\(?)"(@flock\/|node:)|sourceMappingURL/;
    const odd = names.filter((_name, index) => foreign.test(texts[index] ?? ""));
    expect(odd.filter((name) => !name.startsWith("examples/"))).toEqual([]);
    const bytes = texts.reduce((sum, text) => sum + text.length, 0);
    expect([own.length < FILES_MAX, bytes < BYTES_MAX]).toEqual([true, true]);
    expect(realpathSync(installed).startsWith(realpathSync(home))).toBe(true);
  });

  it("runs where nothing else of ours is", async () => {
    await writeFile(join(home, "loaded.mjs"), LOADED);
    const { stdout } = await run(process.execPath, ["loaded.mjs"], { cwd: home, env: { PATH: "" } });
    expect(JSON.parse(stdout)).toEqual([true, "refuted", "refuted"]);
  });

  it.each([
    ["nodenext", "nodenext"],
    ["esnext", "bundler"],
  ])("has types that a strict compiler takes without Node's (%s, %s)", async (module, moduleResolution) => {
    await writeFile(join(home, "program.mts"), PROGRAM);
    const lib = ["es2023", "dom", "dom.iterable"];
    const compilerOptions = {
      module,
      moduleResolution,
      lib,
      target: "es2022",
      strict: true,
      noEmit: true,
      types: [],
    };
    const config = { compilerOptions: { ...compilerOptions, skipLibCheck: false }, files: ["program.mts"] };
    await writeFile(join(home, "tsconfig.json"), JSON.stringify(config));
    const tsc = join(REPOSITORY_ROOT, "node_modules/typescript/bin/tsc");
    const compiled = await run(process.execPath, [tsc, "-p", home]).catch((failure: unknown) => failure);
    expect(compiled).toMatchObject({ stdout: "" });
  });
});

/** A project that has the package and, as our lock has them, what that needs. */
async function writeLock(home: string, tarball: string, { version, dependencies }: Manifest): Promise<void> {
  const ours = readFileSync(join(REPOSITORY_ROOT, "package-lock.json"), "utf8");
  const { packages } = JSON.parse(ours) as { packages: Record<string, object> };
  const needed = Object.keys(dependencies).map((name) => [
    `node_modules/${name}`,
    packages[`node_modules/${name}`],
  ]);
  const project = { name: "somebody", version: "1.0.0", dependencies: { [NAME]: `file:${tarball}` } };
  const lock = {
    name: "somebody",
    lockfileVersion: 3,
    requires: true,
    packages: {
      "": project,
      ...Object.fromEntries(needed),
      [`node_modules/${NAME}`]: { version, resolved: `file:${tarball}`, dependencies },
    },
  };
  await writeFile(join(home, "package.json"), JSON.stringify(project));
  await writeFile(join(home, "package-lock.json"), JSON.stringify(lock));
}

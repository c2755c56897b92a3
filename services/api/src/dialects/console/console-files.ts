import { readdir, readFile } from "node:fs/promises";
import { extname, join, relative, sep } from "node:path";
import type { Logger } from "@flock/observability";
import { etagOf } from "../../http/etag.js";

/** As they stand in answers; the endings that a build gives them. */
const ENCODINGS = { br: ".br", gzip: ".gz" } as const;
export type Encoding = keyof typeof ENCODINGS;

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".webmanifest": "application/manifest+json; charset=utf-8",
  ".svg": "image/svg+xml; charset=utf-8",
  ".txt": "text/plain; charset=utf-8",
  ".png": "image/png",
  ".webp": "image/webp",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
};
/** A console has a few hundred kilobytes; whatever this is, it is none. */
const BYTES_MAX = 64 * 1024 * 1024;

/** What an asset that there is not looks like, where a page may have any name, also one with dots: `qwen2.5:7b`. */
const ASSET = new RegExp(
  `^assets(?:/|$)|(?:${[...Object.keys(TYPES), ".map", ".br", ".gz"].map((end) => `\\${end}`).join("|")})$`,
);

/** A file of the console, as it is sent. */
export interface ConsoleFile {
  readonly type: string;
  readonly etag: string;
  /** Its name changes with its content, so whoever has it has it for ever. */
  readonly isImmutable: boolean;
  readonly content: Buffer;
  readonly encoded: ReadonlyMap<Encoding, Buffer>;
}

/**
 * The files of a built console, in memory: what is not among them is not reached, however a path is written, and a
 * build beside a running api does not mix two versions.
 */
export class ConsoleFiles {
  readonly #files: ReadonlyMap<string, ConsoleFile>;
  readonly #index: ConsoleFile;

  private constructor(files: ReadonlyMap<string, ConsoleFile>, index: ConsoleFile) {
    this.#files = files;
    this.#index = index;
  }

  /** Undefined: none is built there. */
  static async read(folder: string, logger: Logger): Promise<ConsoleFiles | undefined> {
    try {
      const files = await filesIn(folder);
      const index = files.get("index.html");
      if (index !== undefined) return new ConsoleFiles(files, index);
      logger.info({ folder }, "no console is served: none is built");
    } catch (err) {
      logger.warn({ err, folder }, "no console is served: its files cannot be read");
    }
    return undefined;
  }

  /**
   * What answers a path below the console's: the file, or the page that every address of the console is shown by;
   * undefined: it is an asset that there is not.
   */
  find(path: string): ConsoleFile | undefined {
    return this.#files.get(path) ?? (ASSET.test(path) ? undefined : this.#index);
  }
}

async function filesIn(folder: string): Promise<ReadonlyMap<string, ConsoleFile>> {
  const contents = await contentsOf(folder);
  const files = new Map<string, ConsoleFile>();
  for (const [path, content] of contents) {
    if (Object.values(ENCODINGS).some((ending) => path.endsWith(ending))) continue;
    const encoded = (Object.keys(ENCODINGS) as Encoding[]).flatMap((encoding): [Encoding, Buffer][] => {
      const found = contents.get(path + ENCODINGS[encoding]);
      return found === undefined ? [] : [[encoding, found]];
    });
    files.set(path, {
      type: TYPES[extname(path)] ?? "application/octet-stream",
      etag: etagOf(content),
      isImmutable: path.startsWith("assets/"),
      content,
      encoded: new Map(encoded),
    });
  }
  return files;
}

/** By their paths, with slashes. Hidden files, and what is no plain file, are left out. */
async function contentsOf(folder: string): Promise<ReadonlyMap<string, Buffer>> {
  const contents = new Map<string, Buffer>();
  let bytes = 0;
  for (const entry of await entriesOf(folder)) {
    const path = relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/");
    if (!entry.isFile() || path.split("/").some((name) => name.startsWith("."))) continue;
    const content = await readFile(join(folder, path));
    bytes += content.length;
    if (bytes > BYTES_MAX) throw new Error(`more than ${BYTES_MAX} bytes are no console`);
    contents.set(path, content);
  }
  return contents;
}

async function entriesOf(folder: string) {
  try {
    return await readdir(folder, { recursive: true, withFileTypes: true });
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw thrown;
  }
}

import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { secretForms } from "@flock/harness";
import { type Mesh, manager } from "@flock/mesh";

/**
 * What those in between can see of some marks: every message on NATS from its start on, and, when it is asked to look,
 * every message that JetStream stores and every file of the mesh (logs, stores, database).
 */
export class EverythingInBetween {
  readonly #forms: ReadonlyMap<string, readonly Buffer[]>;
  readonly #mesh: Mesh;
  readonly #found = new Set<string>();
  readonly #stop: () => void;
  /** What it has looked through, in bytes: of messages, of stored messages, of files. */
  readonly seen = { messages: 0, stored: 0, files: 0 };

  private constructor(mesh: Mesh, marks: Readonly<Record<string, string>>) {
    this.#mesh = mesh;
    this.#forms = new Map(Object.entries(marks).map(([name, mark]) => [name, secretForms(mark)]));
    const subscription = mesh.nats.subscribe(">", {
      callback: (_error, { subject, data, headers }) => {
        this.seen.messages += data.length;
        const head = headers === undefined ? "" : JSON.stringify([...headers]);
        this.#search(
          `message on ${subject.split(".")[0]}`,
          Buffer.concat([Buffer.from(subject + head), data]),
        );
      },
    });
    this.#stop = () => subscription.unsubscribe();
  }

  /** @param mesh With rights to everything. */
  static async watch(mesh: Mesh, marks: Readonly<Record<string, string>>): Promise<EverythingInBetween> {
    const watch = new EverythingInBetween(mesh, marks);
    await mesh.nats.flush();
    return watch;
  }

  /** Where each mark was found until now; looks through all that is stored, and ends the watch. */
  async look(dataDir: string): Promise<string[]> {
    await this.#mesh.nats.flush();
    this.#stop();
    await this.#lookIntoStreams();
    await this.#lookIntoFiles(dataDir);
    return [...this.#found].sort();
  }

  async #lookIntoStreams(): Promise<void> {
    const { streams } = await manager(this.#mesh);
    for await (const { config, state } of streams.list()) {
      for (let seq = Math.max(state.first_seq, 1); seq <= state.last_seq; seq++) {
        const stored = await streams.getMessage(config.name, { seq });
        if (stored === null) continue;
        this.seen.stored += stored.data.length;
        this.#search(`stream ${config.name}`, Buffer.from(stored.data));
      }
    }
  }

  async #lookIntoFiles(folder: string): Promise<void> {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    for (const entry of entries.filter((one) => one.isFile())) {
      const path = join(entry.parentPath, entry.name);
      // What is written while it is looked for may be gone when it is opened.
      const { size } = await stat(path).catch(() => ({ size: 0 }));
      if (size > 0) await this.#lookInto(path, path.slice(folder.length + 1));
    }
  }

  async #lookInto(path: string, name: string): Promise<void> {
    let before = Buffer.alloc(0);
    try {
      for await (const part of createReadStream(path, { highWaterMark: 1 << 20 })) {
        this.seen.files += part.length;
        const bytes = Buffer.concat([before, part]);
        this.#search(`file ${name}`, bytes);
        before = Buffer.from(bytes.subarray(-512));
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }

  #search(where: string, bytes: Buffer): void {
    for (const [name, forms] of this.#forms)
      if (forms.some((form) => bytes.includes(form))) this.#found.add(`${name}: ${where}`);
  }
}

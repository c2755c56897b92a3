import { hash } from "node:crypto";
import { FlockError } from "@flock/errors";
import { z } from "zod";
import { readCarefully, writeCarefully } from "./careful-file.js";
import type { ToolPlaces } from "./tool-places.js";

/*
 * What "flock setup" has written, for --undo: in a file of ours, with no key in it.
 */

const writtenFile = z.object({
  file: z.string(),
  marking: z.enum(["marked-lines", "zed-settings"]),
  /** SHA-256 of the text that we wrote, in hex: with it we know whether somebody has changed the file since. */
  wrote: z.string(),
  /** A copy from before; null where there was no file. */
  backup: z.string().nullable(),
  /** Whether nothing of ours is in that copy: it may take the place of the file, if nobody has changed that. */
  is_from_before: z.boolean(),
});

const record = z.object({ version: z.literal(1), tools: z.record(z.string(), z.array(writtenFile)) });

export type WrittenFile = z.output<typeof writtenFile>;

export class WrittenRecord {
  readonly #file: string;
  readonly #tools: Record<string, WrittenFile[]>;

  private constructor(file: string, tools: Record<string, WrittenFile[]>) {
    this.#file = file;
    this.#tools = tools;
  }

  static async open({ flockFolder, join }: ToolPlaces): Promise<WrittenRecord> {
    const file = join(flockFolder, "setup.json");
    const found = await readCarefully(file);
    if (found === undefined) return new WrittenRecord(file, {});
    try {
      return new WrittenRecord(file, record.parse(JSON.parse(found.text)).tools);
    } catch (cause) {
      throw new FlockError("failed_precondition", `${file} cannot be read: it says what --undo undoes`, {
        cause,
      });
    }
  }

  /** Oldest first. */
  of(tool: string): readonly WrittenFile[] {
    return this.#tools[tool] ?? [];
  }

  async put(tool: string, written: WrittenFile): Promise<void> {
    const others = this.of(tool).filter(({ file }) => file !== written.file);
    await this.#save(tool, [...others, written]);
  }

  async drop(tool: string, file: string): Promise<void> {
    await this.#save(
      tool,
      this.of(tool).filter((each) => each.file !== file),
    );
  }

  async #save(tool: string, files: readonly WrittenFile[]): Promise<void> {
    this.#tools[tool] = [...files];
    if (files.length === 0) delete this.#tools[tool];
    const text = `${JSON.stringify({ version: 1, tools: this.#tools }, null, 2)}\n`;
    await writeCarefully(this.#file, await readCarefully(this.#file), text, 0o600);
  }
}

export function hashOf(text: string): string {
  return hash("sha256", text, "hex");
}

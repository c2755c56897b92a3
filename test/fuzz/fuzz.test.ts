import { execFile } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { TARGETS } from "./registry.js";

const RUN = join(import.meta.dirname, "run");
/** For a busy machine; usually it takes fifteen seconds. */
const TIMEOUT_MS = 240_000;

interface Line {
  readonly target: string;
  readonly inputs: number;
  readonly what?: string;
  /** The command that shows the failure again. */
  readonly again?: string;
}

/** The short form, with another seed each time; in plain Node, because a part of what is fed does not load in jest. */
async function shortForm(): Promise<Line[]> {
  const loader = pathToFileURL(join(RUN, "register.mjs")).href;
  const args = ["--import", loader, join(RUN, "short-form.ts")];
  // One that hangs is ended, and the error has the lines of those that came before it.
  const bounds = { maxBuffer: 1e8, timeout: TIMEOUT_MS - 10_000, killSignal: "SIGKILL" as const };
  const { stdout } = await promisify(execFile)(process.execPath, args, bounds);
  const lines = stdout.split("\n").filter((line) => line.startsWith('{"target"'));
  return lines.map((line) => JSON.parse(line) as Line);
}

describe("bytes from outside", () => {
  it(
    "make nothing fail that takes them, in a moment of fuzzing",
    async () => {
      const found = await shortForm();
      expect(found.filter(({ what }) => what !== undefined)).toEqual([]);
      expect(found.map(({ target }) => target)).toEqual(TARGETS.map(({ name }) => name));
      expect(found.every(({ inputs }) => inputs > 0)).toBe(true);
    },
    TIMEOUT_MS,
  );
});

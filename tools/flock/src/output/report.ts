import { FlockError } from "@flock/errors";
import type { GlobalOptions } from "../global-options.js";
import type { Surroundings } from "../surroundings.js";
import { jsonLine } from "./format.js";
import { progressing } from "./progress.js";
import { harmlessLines, type Paper, rendered, type Text } from "./sheet.js";

type Said = Pick<GlobalOptions, "json" | "quiet" | "verbose" | "color"> & {
  readonly yes?: boolean;
  readonly dryRun?: boolean;
};

/** What moves LLAMA, before it does. */
export interface Intent {
  /** For people, a line: `withdraw 2 LLAMA`. */
  readonly what: string;
  /** The exact text that is signed, or what stands for it. */
  readonly text: string;
  /** With which the same can be asked for again without a second effect. */
  readonly id?: string;
}

/** How a command speaks: data on standard output, and everything else on standard error. */
export class Report {
  readonly isJson: boolean;
  readonly paper: Paper;
  /** What is true of the world if the command is interrupted now. */
  state = "nothing was changed";
  readonly #surroundings: Surroundings;
  readonly #said: Said;

  constructor(surroundings: Surroundings, said: Said) {
    this.#surroundings = surroundings;
    this.#said = said;
    this.isJson = said.json === true;
    const { stdout, columns } = surroundings.terminal;
    this.paper = {
      columns: stdout ? columns : undefined,
      hasColour: hasColour(surroundings, said.color, stdout),
    };
  }

  /** An answer, in the form that was asked for. */
  answer({ json, text, note }: { json: unknown; text: Text; note?: string }): void {
    if (this.isJson) {
      this.#surroundings.out(jsonLine(json));
      return;
    }
    const written = rendered(text, this.paper);
    if (written.text !== "") this.#surroundings.out(written.text);
    if (written.leftOut.length > 0)
      this.note(`left out for lack of width: ${written.leftOut.join(", ")} (a pipe or --json gets all)\n`);
    if (note !== undefined) this.note(note);
  }

  /** For people, on standard error. */
  note(text: string): void {
    if (!this.isJson && this.#said.quiet !== true) this.#surroundings.err(harmlessLines(text));
  }

  /** With `--verbose`: what is done, whom it is asked of. Never a secret. */
  readonly trace = (line: string): void => {
    if (this.#said.verbose === true)
      this.#surroundings.err(this.isJson ? jsonLine({ trace: line }) : `  ${line}\n`);
  };

  /** A line of a stream, with `--json` alone. */
  event(type: string, fields: object): void {
    if (this.isJson) this.#surroundings.out(jsonLine({ type, ...fields }));
  }

  /** Says what it does while it takes long. */
  during<T>(what: string, work: (tell: (detail: string) => void) => Promise<T>): Promise<T> {
    const { terminal, err } = this.#surroundings;
    const isSilent = this.isJson || this.#said.quiet === true;
    return progressing(
      { what, isTerminal: terminal.stderr, columns: terminal.columns },
      isSilent ? () => {} : err,
      work,
    );
  }

  /**
   * Shows what would move LLAMA, and has it agreed to.
   * @returns false if it was only to be shown
   * @throws FlockError `cancelled` if it is refused; `invalid_argument` if nobody can be asked
   */
  async agreed({ what, text, id }: Intent): Promise<boolean> {
    const { terminal, ask, err } = this.#surroundings;
    if (this.#said.dryRun === true) return false;
    const note = `${text}\n${id === undefined ? "" : `\nto repeat it without a second effect: --id ${id}\n`}`;
    if (this.#said.yes === true) {
      this.note(`${note}\n`);
      return true;
    }
    if (!terminal.stdin || !terminal.stderr)
      throw new FlockError(
        "invalid_argument",
        `${what}: nobody can be asked here; say --yes, or --dry-run to see what it would do`,
      );
    err(harmlessLines(`${note}\n`));
    const answer = await ask(`${what}? [y/N] `);
    if (/^\s*y(es)?\s*$/i.test(answer ?? "")) return true;
    throw new FlockError("cancelled", "not agreed to: nothing was sent");
  }
}

/** On a terminal that can, unless somebody does not want it. */
export function hasColour(
  { environment }: Pick<Surroundings, "environment">,
  when: string | undefined,
  isTerminal: boolean,
): boolean {
  if (when === "always" || when === "never") return when === "always";
  return isTerminal && !environment["NO_COLOR"] && environment["TERM"] !== "dumb";
}

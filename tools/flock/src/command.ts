import type { GlobalOptions } from "./global-options.js";
import type { Report } from "./output/report.js";
import type { Text } from "./output/sheet.js";
import type { Surroundings } from "./surroundings.js";

/** What a command found out: for machines, and for people. */
export interface Answer {
  readonly json: unknown;
  readonly text: Text;
  /** For people, on standard error: advice, and what is not data. */
  readonly note?: string;
  /** Default: 0. 7 for what was checked and found wrong. */
  readonly exitCode?: number;
}

/** What a command is called with. */
export interface Call<Options = unknown> {
  /** Its arguments in order. */
  readonly args: readonly string[];
  /** Its own options together with those of all commands. */
  readonly options: Options & GlobalOptions;
  readonly surroundings: Surroundings;
  readonly report: Report;
}

/** Does a command, which has printed everything already if there is no answer. */
export type Action<Options = unknown> = (call: Call<Options>) => Promise<Answer | undefined>;

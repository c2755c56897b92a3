import { runCli } from "../src/run-cli.js";
import type { Surroundings, Terminal } from "../src/surroundings.js";
import { pasted } from "../src/transcripts/stage.js";

export interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** As wide as any table, and no keyboard. */
const WIDE: Terminal = { stdin: false, stdout: true, stderr: false, columns: 1_000 };

export interface Here {
  readonly terminal?: Partial<Terminal>;
  /** Lines that somebody types. */
  readonly lines?: readonly string[];
  readonly input?: string;
  readonly interruption?: AbortSignal;
}

/** A wide terminal without colours, and no home. */
export function surroundingsHere(
  environment: Record<string, string>,
  show: Pick<Surroundings, "out" | "err">,
  { terminal = {}, lines = [], input = "", interruption = new AbortController().signal }: Here = {},
): Surroundings {
  const typed = [...lines];
  return {
    environment: {
      NO_COLOR: "1",
      XDG_CONFIG_HOME: "/nonexistent",
      XDG_CACHE_HOME: "/nonexistent",
      ...environment,
    },
    terminal: { ...WIDE, ...terminal },
    input: async () => input,
    ask: async (prompt) => {
      show.err(prompt);
      return typed.shift();
    },
    paste: async (isWhole) => pasted(typed, isWhole),
    interruption,
    captureInterrupts: () => () => {},
    ...show,
  };
}

/** Runs the command in this process. */
export async function runHere(
  args: readonly string[],
  environment: Record<string, string>,
  here: Here = {},
): Promise<Run> {
  let [stdout, stderr] = ["", ""];
  const show = {
    out: (text: string) => {
      stdout += text;
    },
    err: (text: string) => {
      stderr += text;
    },
  };
  const code = await runCli(args, surroundingsHere(environment, show, here));
  return { code, stdout, stderr };
}

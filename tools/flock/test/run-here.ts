import { runCli } from "../src/run-cli.js";

export interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command in this process. */
export async function runHere(args: readonly string[], environment: Record<string, string>): Promise<Run> {
  let [stdout, stderr] = ["", ""];
  const code = await runCli(args, {
    environment,
    out: (text) => {
      stdout += text;
    },
    err: (text) => {
      stderr += text;
    },
  });
  return { code, stdout, stderr };
}

/*
 * Other programs that commands run.
 */
import { execFile, spawn } from "node:child_process";
import { constants } from "node:os";
import { createInterface } from "node:readline";
import type { Surroundings } from "./surroundings.js";

const OUTPUT_BYTES_MAX = 1_000_000;

export interface Ended {
  /** Undefined: it cannot be run here. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, for what it says. Never fails. */
export function captured(
  program: string,
  args: readonly string[],
  { environment }: Pick<Surroundings, "environment">,
  timeoutMs = 10_000,
): Promise<Ended> {
  const options = { env: environment, timeout: timeoutMs, maxBuffer: OUTPUT_BYTES_MAX } as const;
  return new Promise((resolve) => {
    execFile(program, [...args], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : undefined;
      resolve({ code, stdout, stderr });
    });
  });
}

/**
 * Runs a program in our place: it has our terminal, hears our signals, and its exit code is ours.
 * @param line is given each line that it prints, which then is not printed
 */
export async function passedThrough(
  program: string,
  args: readonly string[],
  { environment, terminal, captureInterrupts }: Surroundings,
  line: ((text: string) => void) | undefined,
): Promise<number> {
  const child = spawn(program, [...args], {
    env: environment,
    stdio: ["inherit", line === undefined ? "inherit" : "pipe", "inherit"],
  });
  // Ctrl-C in a terminal reaches the child by itself, and a second time would mean that nobody wants to wait.
  const release = captureInterrupts((signal) => {
    if (signal !== "SIGINT" || !terminal.stdin) child.kill(signal);
  });
  if (line !== undefined && child.stdout !== null) createInterface({ input: child.stdout }).on("line", line);
  try {
    return await new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code, signal) => {
        resolve(code ?? 128 + constants.signals[signal ?? "SIGTERM"]);
      });
    });
  } finally {
    release();
  }
}

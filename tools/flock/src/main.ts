#!/usr/bin/env node
import { FlockError } from "@flock/errors";
import { runCli } from "./run-cli.js";
import { Typist } from "./typist.js";

const INTERRUPTED = 130;
const COLUMNS = 80;

/** Who deals with signals in our place; the last one does. */
const handlers: ((signal: NodeJS.Signals) => void)[] = [];
const interruption = new AbortController();

/** Once: stop, and say what was done. Twice: at once. */
function interrupt(signal: NodeJS.Signals): void {
  const handle = handlers.at(-1);
  if (handle !== undefined) handle(signal);
  else if (interruption.signal.aborted) process.exit(INTERRUPTED);
  else interruption.abort();
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => interrupt(signal));

// A reader that has gone away (| head) has all that it wanted.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});
// Nobody hears what is wrong; the exit code still tells.
process.stderr.on("error", () => {});

const { stdin, stdout, stderr, env } = process;
const typist = new Typist(stdin, stderr, () => interrupt("SIGINT"));

const exitCode = await runCli(process.argv.slice(2), {
  environment: env,
  terminal: {
    stdin: stdin.isTTY === true,
    stdout: stdout.isTTY === true,
    stderr: stderr.isTTY === true,
    columns: stdout.columns || stderr.columns || COLUMNS,
  },
  out: (text) => stdout.write(text),
  err: (text) => stderr.write(text),
  input: async (bytesMax) => {
    let text = "";
    for await (const piece of stdin.setEncoding("utf8")) {
      text += piece;
      if (text.length > bytesMax)
        throw new FlockError("payload_too_large", `standard input has more than ${bytesMax} bytes`);
    }
    return text;
  },
  ask: (prompt) => typist.ask(prompt),
  paste: (isWhole) => typist.paste(isWhole),
  interruption: interruption.signal,
  captureInterrupts: (handle) => {
    handlers.push(handle);
    return () => {
      handlers.splice(handlers.indexOf(handle), 1);
    };
  },
});

typist.leave();
// What was interrupted may still wait for something.
if (exitCode === INTERRUPTED) process.exit(INTERRUPTED);
process.exitCode = exitCode;

#!/usr/bin/env node
import { runCli } from "./run-cli.js";

/** What a shell says of a command whose reader has gone away: ended by SIGPIPE, which Node does not heed. */
const BROKEN_PIPE_EXIT_CODE = 128 + 13;

for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(BROKEN_PIPE_EXIT_CODE);
    throw error;
  });
}

process.exitCode = await runCli(process.argv.slice(2), {
  environment: process.env,
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
});

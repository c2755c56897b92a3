/** Runs trials one after the other: one line each, and what was wrong with those that failed. */

import { endTrial } from "./trial.mjs";

/**
 * @param {readonly { name: string, run: () => Promise<string | undefined> }[]} trials `run` resolves with what was
 *   wrong; undefined: nothing
 * @param {import("./clones.mjs").CloneShelf} shelf emptied at the end, also when we are told to stop
 * @param {string} subject what was tried, for the last line
 */
export async function runTrials(trials, shelf, subject) {
  let isStopping = false;
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.once(signal, async () => {
      isStopping = true;
      await endTrial();
      await shelf.remove();
      process.exit(1);
    });
  }
  let failures = 0;
  try {
    for (const { name, run } of trials) {
      const startedAt = Date.now();
      const failure = await run();
      const seconds = `${((Date.now() - startedAt) / 1_000).toFixed(0)} s`;
      if (failure === undefined) process.stdout.write(`ok      ${name} (${seconds})\n`);
      else {
        failures += 1;
        process.stdout.write(`FAILED  ${name} (${seconds})\n${failure.replace(/^/gm, "          ")}\n`);
      }
    }
  } catch (error) {
    if (!isStopping) throw error; // What was under way has been ended.
  } finally {
    await shelf.remove();
  }
  process.stdout.write(failures === 0 ? `\nall ${subject} are fine\n` : `\n${failures} ${subject} failed\n`);
  process.exitCode = failures === 0 ? 0 : 1;
}

/**
 * @param {Record<string, string | undefined>} defaults by the options' names
 * @param {string} usage said when the arguments are others
 */
export function readOptions(defaults, usage) {
  const found = { ...defaults };
  const args = process.argv.slice(2);
  for (let index = 0; index < args.length; index += 2) {
    const name = args[index].replace(/^--/, "");
    if (!(name in found) || args[index + 1] === undefined) {
      process.stderr.write(`usage: ${usage}\n`);
      process.exit(2);
    }
    found[name] = args[index + 1];
  }
  return found;
}

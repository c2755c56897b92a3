import { FlockError } from "@flock/errors";
import { CONTROL_VERBS, type ControlVerb, controlWorker } from "@flock/worker";
import type { Action } from "../command.js";
import { facts } from "../output/sheet.js";

/** `flock worker status | pause | resume | drain`: for a worker's operator, on the worker's own machine. */
export function controlling(verb: string): Action<{ readonly healthUrl: string }> {
  return async ({ options: { healthUrl } }) => {
    if (!isVerb(verb)) throw new TypeError(`a worker cannot be told to ${verb}`);
    if (!URL.canParse(healthUrl))
      throw new FlockError("invalid_argument", `--health-url ${healthUrl} is not a URL`);
    const answer = await controlWorker(healthUrl, verb);
    const known = typeof answer === "object" && answer !== null ? Object.entries(answer) : [];
    return { json: answer, text: facts(known.map(([name, value]) => [name, textOf(value)])) };
  };
}

function isVerb(verb: string): verb is ControlVerb {
  return Object.hasOwn(CONTROL_VERBS, verb);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

import { FlockError } from "@flock/errors";
import { Command } from "commander";
import { type Answer, printing } from "../command.js";
import { jsonLine } from "../output.js";
import type { Surroundings } from "../surroundings.js";

const TIMEOUT_MS = 5_000;

const VERBS = {
  pause: "takes no new jobs; running ones go on",
  resume: "takes jobs again",
  drain: "finishes what it runs, then ends",
  state: "what it does now",
} as const;

/** `flock worker pause | resume | drain | state`: for the operator of a worker, on the worker's own machine. */
export function workerCommand(surroundings: Surroundings): Command {
  const worker = new Command("worker").description("controls a worker by its health port");
  for (const [verb, description] of Object.entries(VERBS)) {
    worker
      .command(verb)
      .description(description)
      .requiredOption("--health-url <url>", "where the worker serves /livez, e.g. http://127.0.0.1:9103")
      .action(
        printing<{ healthUrl: string }>(surroundings, (_args, { healthUrl }) => control(healthUrl, verb)),
      );
  }
  return worker;
}

async function control(healthUrl: string, verb: string): Promise<Answer> {
  if (!URL.canParse(healthUrl))
    throw new FlockError("invalid_argument", `--health-url ${healthUrl} is not a URL`);
  const url = `${healthUrl.replace(/\/+$/, "")}/control/${verb}`;
  let response: Response;
  try {
    const method = verb === "state" ? "GET" : "POST";
    response = await fetch(url, { method, signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch (cause) {
    throw new FlockError("unavailable", `no worker answers at ${healthUrl}`, { cause });
  }
  const body: unknown = await response.json().catch(() => ({}));
  if (!response.ok)
    throw new FlockError(
      "failed_precondition",
      `${url} answered ${response.status}: is that a worker's health port?`,
    );
  return { json: body, text: jsonLine(body) };
}

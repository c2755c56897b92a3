import { FlockError } from "@flock/errors";
import { canonicalModelName } from "@flock/proto";
import { HARDWARE_CLASS_NAMES } from "@flock/proto/workers";
import type { RouteHandlerMethod } from "fastify";
import type { HourOfJobs } from "../../figures/job-figures.js";
import type { Spread } from "../../figures/measure-sketch.js";
import type { ModelFigures, ModelList } from "../../figures/network-figures.js";
import {
  flag,
  integer,
  type JsonSchema,
  list,
  number,
  oneOf,
  orNull,
  type Properties,
  string,
  told,
} from "../../http/openapi/json-schema.js";
import { answering, type Operation } from "../../http/openapi/operation.js";
import type { MoneyGateway } from "../../money/money-gateway.js";
import { amount, moment } from "./described.js";
import { jsonText, sendTagged } from "./json-route.js";

/** As long as the figures are the same anyway. */
const CACHING = "public, max-age=2";

type Figures = Pick<MoneyGateway, "catalogue" | "figures">;

/** GET /flock/v1/models: what live workers have, whoever may use it, what it costs, and how it does. */
export function models(gateway: Figures): RouteHandlerMethod {
  return (request, reply) => sendTagged(request, reply, textOf(listOf(gateway)), CACHING);
}

/** GET /flock/v1/models/<name>: one of them, with its hardware and its last day. A name may have slashes. */
export function model(gateway: Figures): RouteHandlerMethod {
  return (request, reply) => {
    const { asOfUnixMs } = listOf(gateway);
    // CAST: fastify does not know the path; what its star stands for is a string.
    const { "*": name } = request.params as { readonly "*": string };
    const canonical = canonicalModelName(name);
    if (canonical === undefined) throw new FlockError("invalid_argument", "invalid model name");
    const found = gateway.figures.model(canonical);
    if (found === undefined)
      throw new FlockError("not_found", `no worker has a model '${canonical.slice(0, 200)}' at the moment`);
    const { hardware, hours } = found;
    const text = jsonText({
      model: { ...modelView(found.model), hardware, hours: hours.map(hourView) },
      as_of: new Date(asOfUnixMs).toISOString(),
    });
    return sendTagged(request, reply, text, CACHING);
  };
}

function listOf({ catalogue, figures }: Figures): ModelList {
  if (catalogue.notReady() !== undefined)
    throw new FlockError("unavailable", "server is starting, please try again");
  return figures.models();
}

const texts = new WeakMap<ModelList, string>();

/** The list as it is sent; made once per list. */
function textOf(list: ModelList): string {
  let text = texts.get(list);
  if (text === undefined) {
    const { asOfUnixMs, groupMin, measuredSinceUnixMs } = list;
    text = jsonText({
      models: list.models.map(modelView),
      as_of: new Date(asOfUnixMs).toISOString(),
      group_min: groupMin,
      measured_since: measuredSinceUnixMs === undefined ? null : new Date(measuredSinceUnixMs).toISOString(),
    });
    texts.set(list, text);
  }
  return text;
}

function modelView({ offered: { entry, ready }, ...figures }: ModelFigures) {
  return {
    name: entry.name,
    digest: entry.digest,
    context_length: entry.contextLength === 0 ? null : entry.contextLength,
    capabilities: entry.capabilities,
    prompt_price_micro: entry.promptPriceMicro,
    completion_price_micro: entry.completionPriceMicro,
    is_checked: entry.isChecked,
    is_available: ready > 0,
    workers: figures.workers,
    slots: figures.slots,
    waiting: figures.waiting,
    wait_ms: figures.waitMs,
    first_token_ms: figures.firstTokenMs,
    tokens_per_second: figures.tokensPerSecond,
  };
}

function hourView({ beganUnixMs, waitMs, firstTokenMs, tokensPerSecond }: HourOfJobs) {
  const median = (spread: Spread | null): number | null => spread?.p50 ?? null;
  return {
    at: new Date(beganUnixMs).toISOString(),
    tokens_per_second: median(tokensPerSecond),
    first_token_ms: median(firstTokenMs),
    wait_ms: median(waitMs),
  };
}

function spread(description: string): JsonSchema {
  return orNull(
    told({
      p50: number(`${description} Half of the answers have at most this.`),
      p90: number("Nine of ten."),
      n: integer("Number of the answers."),
    }),
  );
}

const MODEL_MEMBERS: Properties = {
  name: string("With its tag."),
  digest: string("Every worker that serves the model serves exactly this."),
  context_length: orNull(integer("Tokens; null: unknown.", { minimum: 1 })),
  capabilities: list({ type: "string" }, "What it can do: `completion`, `tools`, `vision`, …"),
  prompt_price_micro: amount("Of a token of the prompt."),
  completion_price_micro: amount("Of a token of the answer."),
  is_checked: flag("Whether a verifier checks its answers."),
  is_available: flag("Whether it can be used now, because workers that serve it take jobs."),
  workers: orNull(
    told({ all: integer("Workers that have it."), warm: integer("Those that have it in memory.") }),
  ),
  slots: orNull(
    told({
      all: integer("Jobs that its workers run at once, of all their models."),
      busy: integer("Those that are this model's."),
    }),
  ),
  waiting: orNull(integer("Requests that wait for a worker; null: not known at the moment.")),
  wait_ms: spread("From the request to a worker that took it."),
  first_token_ms: spread("From the request to the first token."),
  tokens_per_second: spread("Of one answer, once it had begun."),
};

const AS_OF = moment("When that was so.");
const NULL_MEANS =
  "Figures are of the last 30 minutes. What is null is unknown, or about fewer workers or jobs than `group_min`.";

export const MODELS: Operation = {
  id: "flockModels",
  summary: "The models that live workers have, what they cost, and how they do",
  description: NULL_MEANS,
  isCached: true,
  answers: answering(
    told({
      models: list(told(MODEL_MEMBERS), "Those that were changed last are first."),
      as_of: AS_OF,
      group_min: integer("The smallest group of workers or jobs that is told of.", { minimum: 1 }),
      measured_since: orNull(moment("Jobs that ended before are in no figure.")),
    }),
    "The models.",
  ),
};

export const MODEL: Operation = {
  id: "flockModel",
  summary: "One model that live workers have, with its hardware and its last day",
  description: NULL_MEANS,
  path: { model: string("Its name; it may have slashes and a tag.") },
  isCached: true,
  answers: answering(
    told({
      model: told({
        ...MODEL_MEMBERS,
        hardware: orNull(
          list(
            told({
              class: oneOf(HARDWARE_CLASS_NAMES, "What they run it on."),
              workers: integer("That take jobs."),
            }),
            "Its workers; null: they are too few to tell.",
          ),
        ),
        hours: list(
          told({
            at: moment("Beginning of the hour."),
            tokens_per_second: orNull(number("Median.")),
            first_token_ms: orNull(number("Median.")),
            wait_ms: orNull(number("Median.")),
          }),
          "Of the last day, the oldest first; hours of which too little is known are left out.",
        ),
      }),
      as_of: AS_OF,
    }),
    "The model.",
  ),
  errors: ["not_found", "unavailable"],
};

import { encodeParameters, type Parameters } from "@flock/parameters";
import { HARDWARE_CLASS_NAMES } from "@flock/proto/workers";
import type { RouteHandlerMethod } from "fastify";
import type { LiveFigures, NetworkFigures } from "../../figures/network-figures.js";
import {
  anyObject,
  integer,
  list,
  number,
  oneOf,
  orNull,
  string,
  told,
} from "../../http/openapi/json-schema.js";
import { answering, type Operation } from "../../http/openapi/operation.js";
import type { MoneyGateway } from "../../money/money-gateway.js";
import { moment } from "./described.js";
import { jsonRoute } from "./json-route.js";
import { GUESTS, guestsView } from "./network-guests.js";

/** GET /flock/v1/network: the chain and its addresses, if there is one, the parameters in force, what happens now. */
export function network(gateway: MoneyGateway): RouteHandlerMethod {
  const { services, network: facts, parameters, figures } = gateway;
  return jsonRoute(async () => {
    const chain = services.chain === "none" ? undefined : await facts.read();
    return {
      chain: chain === undefined ? null : services.chain,
      genesis_hash: chain?.genesisHash ?? null,
      mint: chain?.mint ?? null,
      treasury_address: chain?.treasuryAddress ?? null,
      treasury_token_account: chain?.treasuryTokenAccount ?? null,
      guests: await guestsView(gateway),
      parameters: documentOf(parameters.current),
      live: liveView(figures),
    };
  });
}

function liveView(figures: NetworkFigures) {
  const live = figures.live();
  return live === undefined ? null : { group_min: figures.groupMin, ...liveMembers(live) };
}

function liveMembers({ frame, rejectedWhileIdle, tokensPerSecond, jobsPerMinute }: LiveFigures) {
  const { totals, hardware } = frame;
  return {
    as_of: new Date(frame.atUnixMs).toISOString(),
    workers: totals?.workers ?? null,
    slots: totals === undefined ? null : { all: totals.slots - totals.draining, busy: totals.busy },
    waiting: totals?.waiting ?? null,
    tokens_per_second: totals === undefined ? null : tokensPerSecond,
    jobs_per_minute: totals === undefined ? null : jobsPerMinute,
    rejected_while_idle: rejectedWhileIdle,
    hardware,
  };
}

const documents = new WeakMap<Parameters, unknown>();

/** The document as it is published in the mesh; made once per document, since making it checks it. */
function documentOf(current: Parameters): unknown {
  let document = documents.get(current);
  if (document === undefined) {
    document = JSON.parse(encodeParameters(current));
    documents.set(current, document);
  }
  return document;
}

const LIVE_FIGURES = told({
  group_min: integer("The smallest group of workers or jobs that is told of."),
  as_of: moment("When that was so."),
  workers: orNull(integer("Workers that take jobs; null, as the next four: they are too few to tell.")),
  slots: orNull(told({ all: integer("Jobs that they run at once."), busy: integer("Jobs that run.") })),
  waiting: orNull(integer("Requests that wait for a worker.")),
  tokens_per_second: orNull(number("Given to clients, over the last ten seconds.")),
  jobs_per_minute: orNull(integer("Answers that ended whole, over the last minute.")),
  rejected_while_idle: integer(
    "Requests of the last hour that were refused although a worker was idle for them: a fault, if there are any.",
  ),
  hardware: list(
    told({
      class: oneOf(
        HARDWARE_CLASS_NAMES,
        "GB of graphics memory; `unified`: one memory for all; `other`: unknown, or few.",
      ),
      workers: integer("That take jobs."),
      slots: integer("Jobs that they run at once."),
      busy: integer("Jobs that run."),
    }),
    "By what the workers run on.",
  ),
});

export const NETWORK: Operation = {
  id: "flockNetwork",
  summary: "The chain and its addresses, the parameters in force, and what the network does now",
  answers: answering(
    told({
      chain: orNull(string("`solana`; null: there is none.")),
      genesis_hash: orNull(string("Of the chain.")),
      mint: orNull(string("Of LLAMA.")),
      treasury_address: orNull(string("The treasury's.")),
      treasury_token_account: orNull(string("The treasury's.")),
      guests: GUESTS,
      parameters: told({ version: integer("Counts up."), values: anyObject("By name; amounts are texts.") }),
      live: orNull(LIVE_FIGURES),
    }),
    "The network.",
  ),
};

import type { FastifyReply, FastifyRequest, RouteHandlerMethod } from "fastify";
import type { LiveClient, LiveFeed, LiveForm } from "../../figures/live-feed.js";
import type { LiveFrame } from "../../figures/live-frames.js";
import type { Counts } from "../../figures/told-network.js";
import { clientAddressOf } from "../../http/client-address-of.js";
import { integer, list, orNull, type Properties, string, told } from "../../http/openapi/json-schema.js";
import { type Operation, SSE_MEDIA } from "../../http/openapi/operation.js";
import { SSE_HEADERS, sseEvent } from "../../http/sse.js";
import { moment } from "./described.js";

/** What a browser's EventSource waits before it connects again. */
const RETRY_MS = 2_000;
const SEQ = /^[0-9]{1,15}$/;

/** The feed as events: a comment is a sign of life. */
export const LIVE_EVENTS: LiveForm = { encode: frameEvent, signOfLife: ":\n\n" };

function frameEvent({ atUnixMs, seq, totals, models, other }: LiveFrame): string {
  const data = JSON.stringify({
    at: new Date(atUnixMs).toISOString(),
    seq,
    totals: totals ?? null,
    models,
    other: other ?? null,
  });
  return `id: ${seq}\n${sseEvent(data, "frame")}`;
}

/** GET /flock/v1/live: what the network does, once a second, for as long as the client reads. */
export function live({ live: feed }: { readonly live: LiveFeed }): RouteHandlerMethod {
  return (request: FastifyRequest, reply: FastifyReply) => {
    const address = clientAddressOf(request);
    feed.admit(address);
    reply.hijack();
    const { raw } = reply;
    if (raw.destroyed) return;
    // CAST: fastify types a header's value wider than Node does; ours are strings.
    raw.writeHead(200, { ...(reply.getHeaders() as Record<string, string>), ...SSE_HEADERS });
    raw.write(`retry: ${RETRY_MS}\n\n`);
    const client: LiveClient = {
      get unsentBytes() {
        return raw.writableLength;
      },
      send: (bytes) => void raw.write(bytes),
      end: () => void raw.end(),
      cutOff: () => void raw.destroy(),
    };
    raw.once("close", feed.follow(client, address, lastOf(request)));
  };
}

/** The frame that a client had last, as it says. */
function lastOf({ headers }: FastifyRequest): number | undefined {
  const last = headers["last-event-id"];
  return typeof last === "string" && SEQ.test(last) ? Number(last) : undefined;
}

const COUNTS: Properties = {
  workers: integer("Workers that take jobs."),
  slots: integer("Jobs that these run at once, and those that drain."),
  busy: integer("Jobs that run."),
  draining: integer("Jobs that still run at workers that take no new ones."),
  waiting: integer("Requests that wait for a worker."),
  tokens: integer("Completion tokens that clients were given in this second."),
  jobs: integer("Answers that ended whole in this second."),
} satisfies Record<keyof Counts, object>;

export const LIVE: Operation = {
  id: "flockLive",
  summary: "What the network does, once a second",
  description:
    "Events `frame`, whose `id` is their `seq`. A new connection first gets the last 60 frames, or with `Last-Event-ID` " +
    "those after it. Groups of fewer than `group_min` workers or jobs are not told of. While nothing is known of the " +
    "network there are no frames; a comment every 15 seconds says that the connection lives.",
  headers: { "last-event-id": string("The `id` of the last frame that the client has.") },
  answers: {
    [SSE_MEDIA]: {
      description: "Events; the schema is of one event's data.",
      isStream: true,
      schema: told({
        at: moment("When that was so."),
        seq: integer("Unix seconds; each frame has more than the one before."),
        totals: orNull(told(COUNTS)),
        models: list(
          told({ name: string("With its tag."), ...COUNTS }),
          "The most workers first; 64 at most.",
        ),
        other: orNull(told(COUNTS)),
      }),
    },
  },
  errors: ["unavailable"],
};

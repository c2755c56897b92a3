import { FlockError, isFlockErrorCode } from "@flock/errors";
import { TRACEPARENT_HEADER, traceIdOf } from "@flock/observability";
import { encode, MESSAGE_BYTES_MAX, type ServiceMethod, SUBJECTS } from "@flock/proto";
import {
  headers,
  type Msg,
  type MsgHdrs,
  type NatsConnection,
  NoRespondersError,
  RequestError,
  type Subscription,
  TimeoutError,
} from "@nats-io/nats-core";
import { z } from "zod";
import type { Mesh } from "../nats/connection.js";
import { waitAtMost } from "../runtime/delay.js";
import type { Part } from "../runtime/lifecycle.js";
import { retryUntilDone } from "../runtime/retry-until-done.js";
import { ServiceStats } from "./service-discovery.js";

/*
 * Service calls: protobuf request and reply over NATS request/reply. A refusal is an empty reply with the headers of
 * the NATS service framework (`Nats-Service-Error`, `Nats-Service-Error-Code`) and our own code and retry advice, so
 * that it arrives at the caller as the same FlockError that the service threw (amounts among its details as decimal
 * strings).
 */
const DEADLINE_HEADER = "Flock-Deadline-Unix-Ms";
const CODE_HEADER = "Flock-Error-Code";
const RETRY_HEADER = "Flock-Retry-After-Ms";
const DETAILS_HEADER = "Flock-Error-Details";
/** Details are amounts and names; more is left out. */
const DETAILS_LENGTH_MAX = 2_048;
const SERVICE_ERROR_HEADER = "Nats-Service-Error";
const SERVICE_ERROR_CODE_HEADER = "Nats-Service-Error-Code";
/** A NATS that does not confirm the end of a subscription within this time is away. */
const DRAIN_TIMEOUT_MS = 1_000;

export interface CallOptions {
  /** Default 2 s. The server gets it as a deadline and does not begin what nobody waits for any more. */
  timeoutMs?: number;
  traceparent?: string;
  /** Addresses one process of the service. */
  instance?: string;
}

function errorOf(method: string, reply: Msg): FlockError | undefined {
  const code = reply.headers?.get(CODE_HEADER);
  const message = reply.headers?.get(SERVICE_ERROR_HEADER);
  if (!code && !message) return undefined;
  const retryAfterMs = Number(reply.headers?.get(RETRY_HEADER) || Number.NaN);
  const details = detailsOf(reply.headers?.get(DETAILS_HEADER));
  return new FlockError(code && isFlockErrorCode(code) ? code : "internal", message || `${method} failed`, {
    retry: Number.isSafeInteger(retryAfterMs) && retryAfterMs >= 0 ? { afterMs: retryAfterMs } : "never",
    ...(details === undefined ? {} : { details }),
  });
}

const DETAILS = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));

function detailsOf(json: string | undefined): FlockError["details"] | undefined {
  if (!json || json.length > DETAILS_LENGTH_MAX) return undefined;
  try {
    return DETAILS.safeParse(JSON.parse(json)).data;
  } catch {
    return undefined; // Not ours: the error is told without.
  }
}

/** Undefined if there are none, or they are too long for a header. */
function detailsText(details: FlockError["details"]): string | undefined {
  const json = JSON.stringify(details, (_name, value) => (typeof value === "bigint" ? String(value) : value));
  return json === "{}" || json.length > DETAILS_LENGTH_MAX ? undefined : json;
}

function transportError(subject: string, cause: unknown): FlockError {
  if (cause instanceof FlockError) return cause;
  if (cause instanceof TimeoutError)
    return new FlockError("deadline_exceeded", `${subject} did not answer in time`, { cause });
  const noResponders =
    cause instanceof NoRespondersError || (cause instanceof RequestError && cause.isNoResponders());
  const message = noResponders
    ? `${subject}: nobody serves it at the moment`
    : `${subject}: the mesh is not reachable`;
  return new FlockError("unavailable", message, { cause });
}

/**
 * Calls a service method. Throws what the service threw; `unavailable` if nobody serves it or NATS is away;
 * `deadline_exceeded` if no answer came in time (the call may still have had its effect: repeat it only if idempotent).
 * The method alone says which types are right (`NoInfer`): else a message without a field would widen them.
 */
export async function call<Request extends { version: number }, Reply extends { version: number }>(
  mesh: Mesh,
  method: ServiceMethod<Request, Reply>,
  request: NoInfer<Request>,
  options: CallOptions = {},
): Promise<Reply> {
  const timeoutMs = options.timeoutMs ?? 2_000;
  const subject = SUBJECTS.service(method.service, method.method, options.instance);
  const requestHeaders = headers();
  requestHeaders.set(DEADLINE_HEADER, String(Date.now() + timeoutMs));
  if (options.traceparent !== undefined) requestHeaders.set(TRACEPARENT_HEADER, options.traceparent);
  let reply: Msg;
  try {
    reply = await mesh.nats.request(subject, encode(method.request, request), {
      timeout: timeoutMs,
      headers: requestHeaders,
    });
  } catch (error) {
    throw transportError(subject, error);
  }
  const refused = reply.headers === undefined ? undefined : errorOf(subject, reply);
  if (refused !== undefined) throw refused;
  const decoded = mesh.dropped.decode(
    `reply ${subject}`,
    method.reply,
    reply.data,
    MESSAGE_BYTES_MAX.serviceCall,
  );
  if (decoded === undefined)
    throw new FlockError("internal", `${subject} sent an answer that cannot be read`);
  return decoded;
}

export interface CallContext {
  /** W3C trace context of the caller, if it sent one that is well-formed. To be passed on with whatever follows. */
  readonly traceparent: string | undefined;
  /** Nobody waits for the answer after this moment. */
  readonly deadlineUnixMs: number;
}

export type Handler<Request, Reply> = (request: Request, context: CallContext) => Promise<Reply> | Reply;

function refusalHeaders(error: FlockError): MsgHdrs {
  const replyHeaders = headers();
  replyHeaders.set(SERVICE_ERROR_HEADER, error.message.replace(/[\r\n]+/g, " ").slice(0, 500));
  replyHeaders.set(SERVICE_ERROR_CODE_HEADER, error.code === "internal" ? "500" : "400");
  replyHeaders.set(CODE_HEADER, error.code);
  if (error.retry !== "never") replyHeaders.set(RETRY_HEADER, String(error.retry.afterMs));
  const details = detailsText(error.details);
  if (details !== undefined) replyHeaders.set(DETAILS_HEADER, details);
  return replyHeaders;
}

/** One served method; several make a service, see {@link serve}. */
export interface ServedMethod {
  readonly method: { readonly service: string; readonly method: string };
  listen(
    mesh: Mesh,
    stats: ServiceStats,
    instance: string | undefined,
    inFlight: Set<Promise<void>>,
  ): () => Promise<void>;
}

/**
 * Binds a handler to a method. What the handler throws becomes the caller's FlockError; unknown errors are logged and
 * answered opaquely.
 */
export function method<Request extends { version: number }, Reply extends { version: number }>(
  definition: ServiceMethod<Request, Reply>,
  handler: Handler<NoInfer<Request>, NoInfer<Reply>>,
): ServedMethod {
  return {
    method: definition,
    listen(mesh, stats, instance, inFlight) {
      const subject = SUBJECTS.service(definition.service, definition.method, instance);
      const answer = async (msg: Msg): Promise<void> => {
        const startedMs = performance.now();
        const sentTraceparent = msg.headers?.get(TRACEPARENT_HEADER);
        const traceId = traceIdOf(sentTraceparent);
        const traceparent = traceId === undefined ? undefined : sentTraceparent;
        const request = mesh.dropped.decode(
          subject,
          definition.request,
          msg.data,
          MESSAGE_BYTES_MAX.serviceCall,
        );
        try {
          if (request === undefined)
            throw new FlockError("invalid_argument", `${subject}: the request cannot be read`);
          const deadlineUnixMs = Number(msg.headers?.get(DEADLINE_HEADER) || Number.POSITIVE_INFINITY);
          // Nobody waits any more: beginning the work would only make the queue behind it longer.
          if (Date.now() > deadlineUnixMs) return;
          msg.respond(encode(definition.reply, await handler(request, { traceparent, deadlineUnixMs })));
          const durationMs = performance.now() - startedMs;
          stats.count(subject, durationMs);
          if (mesh.logger.isLevelEnabled("debug"))
            mesh.logger.debug({ subject, traceId, durationMs }, "call answered");
        } catch (thrown) {
          const error = FlockError.from(thrown);
          if (error.code === "internal")
            mesh.logger.error({ err: error.cause ?? error, subject, traceId }, "service call failed");
          else mesh.logger.debug({ subject, traceId, code: error.code }, "call refused");
          stats.count(subject, performance.now() - startedMs, error.message);
          if (msg.reply) msg.respond(new Uint8Array(), { headers: refusalHeaders(error) });
        }
      };
      const subscription = (mesh.nats as NatsConnection).subscribe(subject, {
        // Calls to one instance go to that instance alone; all others are shared between the service's processes.
        ...(instance === undefined ? { queue: definition.service } : {}),
        callback: (error, msg) => {
          if (error) return;
          const settled = answer(msg).finally(() => inFlight.delete(settled));
          inFlight.add(settled);
        },
      });
      return () => stopListening(mesh, subscription);
    },
  };
}

/** Takes no new calls, and returns when those that NATS had already given us have begun. */
async function stopListening(mesh: Mesh, subscription: Subscription): Promise<void> {
  if (!mesh.isConnected()) return subscription.unsubscribe();
  await waitAtMost(subscription.drain(), DRAIN_TIMEOUT_MS);
}

/**
 * A part of a service that answers the given methods until it is stopped, then finishes what it has begun. Discoverable
 * with the `nats` command line (`nats micro ls`). With `instance` the methods answer on that process's own subjects.
 */
export function serve(mesh: Mesh, name: string, methods: readonly ServedMethod[], instance?: string): Part {
  const partName = `calls to ${name}${instance === undefined ? "" : ` (${instance})`}`;
  let isHeard = false;
  return {
    name: partName,
    notReady: () => (isHeard ? undefined : `${partName}: not subscribed yet`),
    async start(stop) {
      const inFlight = new Set<Promise<void>>();
      const stats = new ServiceStats(mesh, name);
      const listeners = methods.map((served) => served.listen(mesh, stats, instance, inFlight));
      // Ready is who can be called: NATS has read the subscriptions when it answers what was sent after them.
      const heard = retryUntilDone(`subscribe ${partName}`, mesh.logger, () => mesh.nats.flush(), stop);
      void heard.then(() => {
        isHeard = true;
      });
      const stopDiscovery = instance === undefined ? stats.announce() : () => {};
      await new Promise<void>((resolve) => stop.addEventListener("abort", () => resolve(), { once: true }));
      await Promise.all(listeners.map((stopListener) => stopListener()));
      stopDiscovery();
      await Promise.allSettled(inFlight);
    },
  };
}

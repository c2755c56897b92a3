import { randomUUID } from "node:crypto";
import type { ServerOptions } from "node:http";
import type { Server as HttpsServer } from "node:https";
import cors from "@fastify/cors";
import { FlockError } from "@flock/errors";
import type { Logger } from "@flock/observability";
import fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
} from "fastify";
import type { ClientLimits } from "../answers/answer-sink.js";
import type { DrainState } from "../drain-state.js";
import { type Identify, identifyRequest } from "../keys/credentials.js";
import type { OpenLimits, OpenRequestKind } from "../limits/open-limits.js";
import type { ApiMetrics } from "../metrics.js";
import type { RequestContext } from "../request-context.js";
import type { RenewedCertificate } from "../tls/renewed-certificate.js";
import { apiKeyOf, showsNoKey, takeKeyFromPath } from "./api-key-of.js";
import { clientAddressOf } from "./client-address-of.js";
import { answerClientError } from "./client-error.js";
import { guardAgainstStall } from "./client-limits.js";
import { originMatcher } from "./cors-origins.js";
import { type HttpError, httpErrorOf, retryHeaders } from "./error-table.js";
import { guestPages } from "./guest-pages.js";
import { HttpFault } from "./http-fault.js";
import { discardRest } from "./linger.js";
import { trackResponse } from "./open-responses.js";
import { preferencesIn } from "./preference-headers.js";
import { RATE_LIMIT_HEADERS, rateLimitHeaders } from "./rate-limit-headers.js";
import { isBodyPending } from "./request-body.js";
import { requestContextOf } from "./request-context-of.js";
import { recordRequest } from "./request-record.js";
import { addRoutes, type Dialects, dialectOf, METHODS, routeOf } from "./routes.js";
import { STORY_HEADERS, storyHeaders } from "./story-headers.js";

export interface AppOptions {
  readonly dialects: Dialects;
  readonly identify: Identify;
  readonly drain: DrainState;
  readonly limits: ClientLimits;
  readonly openLimits: OpenLimits;
  /** A whole request, body included, must have arrived within this time. */
  readonly requestTimeoutMs: number;
  /** Addresses and ranges of proxies that are believed whom they forward for. Empty: nobody is. */
  readonly trustedProxies: readonly string[];
  /** Origins whose pages may call the api, as in `API_CORS_ORIGINS`; `*` for all. Empty: CORS is off. */
  readonly corsOrigins: readonly string[];
  /** How users know this api, if it has a name. */
  readonly publicUrl?: string | undefined;
  /** Absent: plain HTTP. */
  readonly certificate?: RenewedCertificate | undefined;
  readonly logger: Logger;
  readonly metrics: ApiMetrics;
}

/** Of a request's head, unless all of it has less. */
const HEAD_TIMEOUT_MS = 60_000;
/** Of the handshake of TLS. */
const HANDSHAKE_TIMEOUT_MS = 10_000;
/** How often is looked for requests that take too long, at least once within their time. */
const TIMEOUT_CHECK_MS = 30_000;
/** Longer than the idle timeout of usual client pools and balancers, so that they close first. */
const KEEP_ALIVE_TIMEOUT_MS = 72_000;

/**
 * The HTTP side that all dialects share: request ids, CORS, authentication before any body is read, bodies that nobody
 * wants, errors in the dialect of the path, 404 and 405, one log line per request.
 */
export async function createApp(options: AppOptions): Promise<FastifyInstance> {
  const app = fastifyOver(
    options.certificate,
    {
      headersTimeout: Math.min(HEAD_TIMEOUT_MS, options.requestTimeoutMs),
      connectionsCheckingInterval: Math.min(TIMEOUT_CHECK_MS, options.requestTimeoutMs),
    },
    {
      logger: false,
      genReqId: () => randomUUID(),
      requestIdHeader: false,
      rewriteUrl: takeKeyFromPath,
      trustProxy: options.trustedProxies.length > 0 ? [...options.trustedProxies] : false,
      requestTimeout: options.requestTimeoutMs,
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
      exposeHeadRoutes: false,
      return503OnClosing: false,
      clientErrorHandler: answerClientError,
      frameworkErrors: (error, request, reply) => {
        request.requestContext = requestContextOf(request);
        tellRequestId(options, request, reply);
        leaveBody(options, request, reply);
        void sendError(options, request, reply, { status: error.statusCode ?? 400, message: error.message });
      },
    },
  );
  takeAnyBody(app);
  // CAST: set for every request in the first hook; fastify wants a value of no type for the prototype.
  app.decorateRequest("requestContext", null as unknown as RequestContext);
  app.addHook("onRequest", (request, reply, done) => {
    begin(options, request, reply);
    done();
  });
  await addCors(app, options.corsOrigins);
  const isGuestPage = guestPages(options.corsOrigins, options.publicUrl);
  app.addHook("onRequest", (request) => admit(options, isGuestPage, request));
  app.addHook("onSend", (request, reply, payload, done) => {
    if (options.drain.isDraining) reply.header("connection", "close");
    leaveBody(options, request, reply);
    const { story } = request.requestContext;
    if (story !== undefined) reply.headers(storyHeaders(story.told()));
    done(null, payload);
  });
  app.setErrorHandler((error: FastifyError, request, reply) => answerError(options, error, request, reply));
  app.setNotFoundHandler((request, reply) =>
    sendError(options, request, reply, { status: 404, message: `path ${pathOf(request)} not found` }),
  );
  addRoutes(
    app,
    options.dialects,
    (allow) => (request, reply) =>
      sendError(options, request, reply.header("allow", allow), {
        status: 405,
        message: "method not allowed",
      }),
  );
  return app;
}

/** The framework over a server of plain HTTP, or over one of TLS, which takes the new certificate after a renewal. */
function fastifyOver(
  certificate: RenewedCertificate | undefined,
  server: ServerOptions,
  options: FastifyServerOptions,
): FastifyInstance {
  if (certificate === undefined) return fastify({ ...options, http: server });
  const https = { ...server, ...certificate.context, handshakeTimeout: HANDSHAKE_TIMEOUT_MS };
  // CAST: its server is one for TLS, and has all that ours use of one for plain HTTP.
  const app = fastify({ ...(options as object), https }) as unknown as FastifyInstance<HttpsServer>;
  certificate.whenRenewed((context) => app.server.setSecureContext(context));
  return app as unknown as FastifyInstance;
}

/**
 * Routes read their bodies themselves, when they know that they want them, and as JSON whatever the content type says.
 */
function takeAnyBody(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (_request, _payload, done) => done(null, undefined));
}

function begin(options: AppOptions, request: FastifyRequest, reply: FastifyReply): void {
  request.requestContext = requestContextOf(request);
  tellRequestId(options, request, reply);
  // Not looked at, as Ollama does not: the framework would refuse those that are none.
  delete request.raw.headers["content-type"];
  request.requestContext.whenRated((state) => {
    const { rateLimitNames = "standard" } = dialectOf(options.dialects, request);
    reply.headers(rateLimitHeaders(state, rateLimitNames));
  });
  request.requestContext.run.whenAnswering((model) => reply.header("x-flock-model", model));
  options.drain.begin();
  guardAgainstStall(request.requestContext, reply.raw, options.metrics, options.limits);
  trackResponse(request.raw.socket, reply.raw);
  reply.raw.once("close", () => {
    options.drain.end();
    request.requestContext.over();
    recordRequest(options.logger, options.metrics, request, reply.raw);
  });
}

function tellRequestId(options: AppOptions, request: FastifyRequest, reply: FastifyReply): void {
  reply.header("x-request-id", request.id);
  const { requestIdHeader } = dialectOf(options.dialects, request);
  if (requestIdHeader !== undefined) reply.header(requestIdHeader, request.id);
}

/** What is still to come of the body of a request that is being answered is wanted by nobody. */
function leaveBody(
  { drain, requestTimeoutMs }: AppOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const isLast = drain.isDraining || !reply.raw.shouldKeepAlive;
  if (isBodyPending(request.raw)) discardRest(request.raw, isLast, drain, requestTimeoutMs);
}

async function addCors(app: FastifyInstance, origins: readonly string[]): Promise<void> {
  if (origins.length === 0) return;
  const isAllowed = originMatcher(origins);
  await app.register(cors, {
    origin: origins.includes("*")
      ? "*"
      : (origin, decide) => decide(null, origin !== undefined && isAllowed(origin)),
    methods: [...METHODS],
    // Or OPTIONS that is no preflight would be refused in words of the package's own, which are in no dialect.
    strictPreflight: false,
    // Without a list, the preflight's own list is allowed: SDKs add headers of their own (x-stainless-*, anthropic-*).
    exposedHeaders: [
      ...["x-request-id", "request-id", "retry-after", "retry-after-ms", "x-flock-model", "etag"],
      ...RATE_LIMIT_HEADERS,
      ...STORY_HEADERS,
    ],
    maxAge: 3_600,
  });
}

/** Lets nobody in while draining, and nobody without a known key or session where one is needed. */
async function admit(
  options: AppOptions,
  isGuestPage: ReturnType<typeof guestPages>,
  request: FastifyRequest,
): Promise<void> {
  options.drain.requireOpen();
  const { open, takes = "key" } = routeOf(options.dialects, request) ?? {};
  if (open !== undefined) return admitAnybody(options, request, open);
  const { keyHeader } = dialectOf(options.dialects, request);
  const shown = {
    credential: apiKeyOf(request.raw, keyHeader),
    mayBeGuest: showsNoKey(request.raw, keyHeader) && isGuestPage(request.headers),
    takes,
    client: clientAddressOf(request),
  };
  await identifyRequest(request.requestContext, shown, options.identify);
  request.requestContext.prefer(preferencesIn(request.headers));
}

/** Refusals are cheap, and not logged one by one: somebody sends very many. */
function admitAnybody(options: AppOptions, request: FastifyRequest, open: "free" | OpenRequestKind): void {
  if (open === "free") return;
  const refusal = options.openLimits.refusalOfClient(clientAddressOf(request), open);
  if (refusal === undefined) return;
  request.requestContext.leaveUnlogged();
  throw refusal;
}

function pathOf(request: FastifyRequest): string {
  return request.url.split("?", 1)[0]?.slice(0, 200) ?? "/";
}

function answerError(options: AppOptions, error: FastifyError, request: FastifyRequest, reply: FastifyReply) {
  const { requestContext } = request;
  // The framework's own refusals (a content type that is none, …) carry their status.
  if (error.code?.startsWith("FST_") && (error.statusCode ?? 500) < 500) {
    return sendError(options, request, reply, { status: error.statusCode ?? 400, message: error.message });
  }
  if (error instanceof HttpFault) {
    // Where the next request would begin on this connection, nobody can tell.
    reply.raw.shouldKeepAlive = false;
    return sendError(options, request, reply, { status: error.status, message: error.message });
  }
  const flockError = FlockError.from(error);
  requestContext.facts.error = flockError.code;
  if (flockError.code === "internal")
    options.logger.error({ err: flockError.cause ?? flockError, requestId: request.id }, "request failed");
  if (flockError.code === "unauthenticated") reply.header("www-authenticate", "Bearer");
  return sendError(options, request, reply, httpErrorOf(flockError));
}

function sendError(options: AppOptions, request: FastifyRequest, reply: FastifyReply, error: HttpError) {
  const body = dialectOf(options.dialects, request).errorBody(error, request.id);
  return reply
    .code(error.status)
    .headers(retryHeaders(error))
    .type("application/json; charset=utf-8")
    .send(request.method === "HEAD" ? undefined : JSON.stringify(body));
}

import { FlockError } from "@flock/errors";
import type { Logger } from "@flock/observability";
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from "fastify";
import type { Inference } from "../inference.js";
import { answerChat } from "./chat.js";
import { answerEmbed, answerEmbeddings } from "./embed.js";
import { toErrorReply } from "./errors.js";
import type { JsonObject } from "./fields.js";
import { answerGenerate } from "./generate.js";
import { parseJsonObject } from "./json-body.js";
import { processes, show, tags } from "./listing.js";

/** Says what it is: no Ollama release, so nobody gates features of one on it. */
export const ENGINE_VERSION = "0.0.0-flock-embedded";
/** What it is, for workers: an Ollama has no such member. Numbers change with what it computes. */
export const ENGINE_NAME = "flock-engine/0.1.0";

export interface ServerOptions {
  readonly bodyBytesMax: number;
  readonly logger: Logger;
  /** Once true, everything is refused with 503. */
  readonly isDraining: () => boolean;
}

type Answer = (
  inference: Inference,
  body: JsonObject,
  reply: FastifyReply,
) => Promise<object | undefined> | object;

const POSTS: Readonly<Record<string, Answer>> = {
  "/api/generate": answerGenerate,
  "/api/chat": answerChat,
  "/api/embed": answerEmbed,
  "/api/embeddings": answerEmbeddings,
  "/api/show": show,
};
const GETS: Readonly<Record<string, (inference: Inference) => object>> = {
  "/api/tags": tags,
  "/api/ps": processes,
  "/api/version": () => ({ version: ENGINE_VERSION, engine: ENGINE_NAME }),
};
/** As in Ollama. */
const WITHOUT_HEAD = "/api/ps";
const MANAGEMENT = [
  ...["/api/pull", "/api/push", "/api/create", "/api/copy", "/api/delete"],
  "/api/blobs/:digest",
];

/** Ollama's HTTP API over `inference`. */
export function createServer(inference: Inference, options: ServerOptions): FastifyInstance {
  const server = fastify({ bodyLimit: options.bodyBytesMax, logger: false });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  server.addHook("onRequest", (_request, _reply, done) => {
    done(options.isDraining() ? new FlockError("unavailable", "the engine is shutting down") : undefined);
  });
  server.setErrorHandler((error, request, reply) => sendError(error, request, reply, options.logger));
  server.setNotFoundHandler((request) => {
    const path = request.url.split("?", 1)[0] ?? "";
    if (path in POSTS || path in GETS)
      throw Object.assign(new Error("method not allowed"), { statusCode: 405 });
    throw new FlockError("not_found", `path ${JSON.stringify(path.slice(0, 200))} not found`);
  });
  server.get("/", (_request, reply) => reply.type("text/plain; charset=utf-8").send("Ollama is running"));
  for (const [path, list] of Object.entries(GETS)) {
    server.get(path, { exposeHeadRoute: path !== WITHOUT_HEAD }, async () => list(inference));
  }
  for (const [path, answer] of Object.entries(POSTS)) {
    server.post(path, async (request, reply) => {
      const body = parseJsonObject(Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0));
      return (await answer(inference, body, reply)) ?? reply;
    });
  }
  for (const path of MANAGEMENT) {
    server.all(path, async () => {
      throw new FlockError("permission_denied", "model management is not available on this server");
    });
  }
  return server;
}

function sendError(error: unknown, request: FastifyRequest, reply: FastifyReply, logger: Logger): void {
  const { status, body, retryAfterSeconds } = toErrorReply(error);
  const context = { method: request.method, path: request.routeOptions.url, status };
  if (status >= 500 && status !== 503) logger.error({ ...context, err: error }, "request failed");
  else logger.debug({ ...context, error: body.error }, "request refused");
  if (retryAfterSeconds !== undefined) reply.header("Retry-After", String(retryAfterSeconds));
  void reply.status(status).send(body);
}

import { FlockError } from "@flock/errors";
import type { HTTPMethods, RouteHandlerMethod } from "fastify";
import type { Dialect, DialectRoute } from "../../http/dialect.js";
import { JSON_TYPE } from "../answer-text.js";
import type { InferenceGateway } from "../inference-gateway.js";
import { chat } from "./chat.js";
import { embed, embeddings } from "./embed.js";
import { generate } from "./generate.js";
import { ps, show, tags } from "./listing.js";

/** The Ollama release whose API this is; some clients decide by it what they may ask for. */
export const OLLAMA_VERSION = "0.32.0";

/** Ollama's own API: what its command line, its libraries and everything built on them speak. */
export function ollamaDialect(gateway: InferenceGateway): Dialect {
  return {
    name: "ollama",
    owns: ({ path }) => path.startsWith("/api/"),
    errorBody: ({ message }) => ({ error: message }),
    routes: [
      { methods: ["GET", "HEAD"], path: "/", open: "free", handler: text("Ollama is running") },
      { methods: ["GET", "HEAD"], path: "/api/version", open: "free", handler: version },
      { methods: ["POST"], path: "/api/generate", handler: generate(gateway) },
      { methods: ["POST"], path: "/api/chat", handler: chat(gateway) },
      { methods: ["POST"], path: "/api/embed", handler: embed(gateway) },
      { methods: ["POST"], path: "/api/embeddings", handler: embeddings(gateway) },
      { methods: ["GET", "HEAD"], path: "/api/tags", handler: tags(gateway) },
      { methods: ["POST"], path: "/api/show", handler: show(gateway) },
      { methods: ["GET", "HEAD"], path: "/api/ps", handler: ps(gateway) },
      refused(["POST"], "/api/pull"),
      refused(["POST"], "/api/push"),
      refused(["POST"], "/api/create"),
      refused(["POST"], "/api/copy"),
      refused(["DELETE"], "/api/delete"),
      refused(["POST", "HEAD"], "/api/blobs/:digest"),
    ],
  };
}

function text(body: string): RouteHandlerMethod {
  return async (_request, reply) => {
    reply.type("text/plain; charset=utf-8");
    return body;
  };
}

const version: RouteHandlerMethod = async (_request, reply) => {
  reply.type(JSON_TYPE);
  return JSON.stringify({ version: OLLAMA_VERSION });
};

/** Models are the workers' own: what would change them is refused, and nothing of its body is kept. */
function refused(methods: readonly HTTPMethods[], path: string): DialectRoute {
  return {
    methods,
    path,
    handler: async () => {
      throw new FlockError("permission_denied", "model management is not available on this server");
    },
  };
}

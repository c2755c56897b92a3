import { FlockError } from "@flock/errors";
import type { HTTPMethods, RouteHandlerMethod } from "fastify";
import type { Dialect, DialectRoute } from "../../http/dialect.js";
import type { Operation } from "../../http/openapi/operation.js";
import { JSON_TYPE } from "../answer-text.js";
import type { InferenceGateway } from "../inference-gateway.js";
import { chat } from "./chat.js";
import { ERROR } from "./described-answers.js";
import { embed, embeddings } from "./embed.js";
import { generate } from "./generate.js";
import { ps, show, tags } from "./listing.js";
import { DIGEST_PATH, OPERATIONS, refusedOperation } from "./operations.js";
import { root } from "./root.js";

/** The Ollama release whose API this is; some clients decide by it what they may ask for. */
export const OLLAMA_VERSION = "0.32.0";

/** Ollama's own API: what its command line, its libraries and everything built on them speak. */
export function ollamaDialect(gateway: InferenceGateway): Dialect {
  return {
    name: "ollama",
    described: {
      title: "Ollama",
      about: "The API of Ollama: names of fields match in any case, and `null` is as good as absent.",
      errorSchema: ERROR,
    },
    owns: ({ path }) => path.startsWith("/api/"),
    errorBody: ({ message }) => ({ error: message }),
    routes: [
      {
        methods: ["GET", "HEAD"],
        path: "/",
        open: "free",
        handler: root,
        operation: OPERATIONS.root,
      },
      {
        methods: ["GET", "HEAD"],
        path: "/api/version",
        open: "free",
        handler: version,
        operation: OPERATIONS.version,
      },
      {
        methods: ["POST"],
        path: "/api/generate",
        handler: generate(gateway),
        operation: OPERATIONS.generate,
      },
      { methods: ["POST"], path: "/api/chat", handler: chat(gateway), operation: OPERATIONS.chat },
      { methods: ["POST"], path: "/api/embed", handler: embed(gateway), operation: OPERATIONS.embed },
      {
        methods: ["POST"],
        path: "/api/embeddings",
        handler: embeddings(gateway),
        operation: OPERATIONS.embeddings,
      },
      { methods: ["GET", "HEAD"], path: "/api/tags", handler: tags(gateway), operation: OPERATIONS.tags },
      { methods: ["POST"], path: "/api/show", handler: show(gateway), operation: OPERATIONS.show },
      { methods: ["GET", "HEAD"], path: "/api/ps", handler: ps(gateway), operation: OPERATIONS.ps },
      refused(["POST"], "/api/pull", refusedOperation("ollamaPull")),
      refused(["POST"], "/api/push", refusedOperation("ollamaPush")),
      refused(["POST"], "/api/create", refusedOperation("ollamaCreate")),
      refused(["POST"], "/api/copy", refusedOperation("ollamaCopy")),
      refused(["DELETE"], "/api/delete", refusedOperation("ollamaDelete")),
      refused(["POST", "HEAD"], "/api/blobs/:digest", refusedOperation("ollamaBlob", DIGEST_PATH)),
    ],
  };
}

const version: RouteHandlerMethod = async (_request, reply) => {
  reply.type(JSON_TYPE);
  return JSON.stringify({ version: OLLAMA_VERSION });
};

/** Models are the workers' own: what would change them is refused, and nothing of its body is kept. */
function refused(methods: readonly HTTPMethods[], path: string, operation: Operation): DialectRoute {
  return {
    methods,
    path,
    operation,
    handler: async () => {
      throw new FlockError("permission_denied", "model management is not available on this server");
    },
  };
}

import { FlockError } from "@flock/errors";
import { PUBLIC_FOLDER, publicProtoFiles } from "@flock/proto/grpc";
import type { RouteHandlerMethod } from "fastify";
import type { Dialect, DialectRoute } from "../../http/dialect.js";
import { openApiDocument } from "../../http/openapi/document.js";
import { oneOf } from "../../http/openapi/json-schema.js";
import type { Operation } from "../../http/openapi/operation.js";
import type { Dialects } from "../../http/routes.js";
import { ERROR } from "../ollama/described-answers.js";
import { type CachedText, cachedText } from "./cached-text.js";
import { DESCRIPTION } from "./description.js";
import { apiVersion, pageFile } from "./page-files.js";

const OWN_PATH = /^\/(?:docs|proto|openapi\.json)(?:\/|$)/;
const JSON_MEDIA = "application/json";

/** The dialects, and beside them what describes them all: `/openapi.json`, a page of it, and the `.proto` files. */
export function documented(dialects: Dialects): Dialects {
  const docs: Dialect = {
    name: "docs",
    described: {
      title: "Documentation",
      about: "What describes this API.",
      errorSchema: ERROR,
    },
    owns: ({ path }) => OWN_PATH.test(path),
    errorBody: ({ message }) => ({ error: message }),
    routes: [
      served("/openapi.json", JSON_MEDIA, "openapi", "This document", () =>
        JSON.stringify(
          openApiDocument([...dialects, docs], { version: apiVersion(), description: DESCRIPTION }),
        ),
      ),
      served("/docs", "text/html", "docs", "A page for people that shows this document", () =>
        pageFile("index.html"),
      ),
      served("/docs/page.js", "text/javascript", "docsScript", "The page's script", () =>
        pageFile("page.js"),
      ),
      served("/docs/page.css", "text/css", "docsStyle", "The page's style", () => pageFile("page.css")),
      protoRoute(publicProtoFiles()),
    ],
  };
  return [...dialects, docs];
}

function served(path: string, media: string, id: string, summary: string, make: () => string): DialectRoute {
  const operation = { id, summary, isCached: true, answers: { [media]: { description: "As a text." } } };
  return routeOf(
    path,
    operation,
    cachedText(() => ({ text: make(), type: `${media}; charset=utf-8` })),
  );
}

function protoRoute(files: ReadonlyMap<string, string>): DialectRoute {
  const serve = new Map([...files].map(([name, text]) => [name, cachedText(() => protoText(text))]));
  const operation: Operation = {
    id: "protoFile",
    summary: "A file of the contract over gRPC, to generate clients from",
    path: { file: oneOf([...files.keys()], "Its name.") },
    isCached: true,
    answers: { "text/plain": { description: "The file." } },
    errors: ["not_found"],
  };
  return routeOf(`/proto/${PUBLIC_FOLDER}/:file`, operation, function (request, reply) {
    const { file } = request.params as { readonly file: string };
    const handler = serve.get(file);
    if (handler === undefined)
      throw new FlockError("not_found", `there is no such file: ${[...serve.keys()].join(", ")}`);
    return handler.call(this, request, reply);
  });
}

function protoText(text: string): CachedText {
  return { text, type: "text/plain; charset=utf-8" };
}

function routeOf(path: string, operation: Operation, handler: RouteHandlerMethod): DialectRoute {
  return { methods: ["GET", "HEAD"], path, open: "read", operation, handler };
}

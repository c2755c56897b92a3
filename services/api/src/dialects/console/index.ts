import { FlockError } from "@flock/errors";
import type { FastifyReply, FastifyRequest, RouteHandlerMethod } from "fastify";
import { preferredEncoding } from "../../http/accepted.js";
import { hasKeyInPath } from "../../http/api-key-of.js";
import type { Dialect, DialectRoute } from "../../http/dialect.js";
import { hasIt } from "../../http/etag.js";
import { string } from "../../http/openapi/json-schema.js";
import type { Operation } from "../../http/openapi/operation.js";
import { ERROR } from "../ollama/described-answers.js";
import type { ConsoleFile, ConsoleFiles } from "./console-files.js";
import { FILE_HEADERS, PAGE_HEADERS } from "./page-headers.js";

const PREFIX = "/console";
const OWN_PATH = /^\/console(?:\/|$)/;
const HTML = "text/html; charset=utf-8";

/** What CORS may have said of an answer: the console is for itself alone, whatever pages may call the api. */
const CORS_HEADERS = [
  "access-control-allow-origin",
  "access-control-allow-credentials",
  "access-control-expose-headers",
];

const HOW_TO_BUILD = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>No console here yet</title>
<h1>No console here yet</h1>
<p>This api works. Its console has not been built. In the folder of FlockOllamas:</p>
<pre>npm run build</pre>
<p>Then start the api again. <a href="/docs">What the api answers</a> is described without it, and
<a href="/status">how the network does</a>, too.</p>
</html>
`;

/** The web console: static files, which call the api as any client does. Undefined: none is built. */
export function consoleDialect(files: ConsoleFiles | undefined): Dialect {
  const handler: RouteHandlerMethod = async (request, reply) => {
    for (const name of CORS_HEADERS) reply.removeHeader(name);
    reply.headers(FILE_HEADERS);
    // The address of a page is kept in histories, and is no place for a key.
    if (hasKeyInPath(request.raw)) return reply.headers(PAGE_HEADERS).redirect(request.url, 302);
    if (files === undefined) return reply.code(503).headers(PAGE_HEADERS).type(HTML).send(HOW_TO_BUILD);
    const file = files.find(pathOf(request));
    if (file === undefined) throw new FlockError("not_found", "there is no such file of the console");
    return sendFile(request, reply, file);
  };
  return {
    name: "console",
    described: {
      title: "Console",
      about:
        "Pages for people. They need JavaScript; `/docs` describes the API, and `/status` says how the network does.",
      errorSchema: ERROR,
    },
    owns: ({ path }) => OWN_PATH.test(path),
    errorBody: ({ message }) => ({ error: message }),
    routes: [
      route(PREFIX, handler, { id: "console", summary: "The console's first page" }),
      route(`${PREFIX}/*`, handler, {
        id: "consoleFile",
        summary: "Any other page of the console, or a file that belongs to it",
        path: { page: string("May have slashes.") },
        errors: ["not_found"],
      }),
    ],
  };
}

function route(path: string, handler: RouteHandlerMethod, told: Omit<Operation, "answers">): DialectRoute {
  const operation = {
    ...told,
    isCached: true,
    answers: { "text/html": { description: "A page, or a file." } },
  };
  return { methods: ["GET", "HEAD"], path, open: "free", handler, operation };
}

/** Below the console's; decoded by the framework, once. */
function pathOf({ params }: FastifyRequest): string {
  return (params as { readonly "*"?: string })["*"] ?? "";
}

function sendFile(request: FastifyRequest, reply: FastifyReply, file: ConsoleFile): FastifyReply {
  const isPage = file.type === HTML;
  reply.headers({
    ...(isPage ? PAGE_HEADERS : {}),
    "cache-control": file.isImmutable ? "public, max-age=31536000, immutable" : "no-cache",
    vary: "Accept-Encoding",
    // One for all encodings, which are not the same bytes.
    etag: `W/${file.etag}`,
  });
  if (hasIt(request.headers["if-none-match"], file.etag)) return reply.code(304).send();
  const encoding = preferredEncoding(request.headers["accept-encoding"], [...file.encoded.keys()]);
  const encoded = encoding === undefined ? undefined : file.encoded.get(encoding);
  if (encoding === undefined || encoded === undefined) return reply.type(file.type).send(file.content);
  return reply.type(file.type).header("content-encoding", encoding).send(encoded);
}

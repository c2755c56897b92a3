import type { RouteHandlerMethod } from "fastify";
import type { Dialect } from "../../http/dialect.js";
import { etagOf, hasIt } from "../../http/etag.js";
import type { StatusBoard } from "../../status/status-board.js";
import { FILE_HEADERS, PAGE_HEADERS } from "../console/page-headers.js";
import { ERROR } from "../ollama/described-answers.js";
import { statusPage } from "./status-page.js";

/** GET /status: for people whose console does not load, or who have none. */
export function statusDialect(money: { readonly status: Pick<StatusBoard, "read"> }): Dialect {
  const handler: RouteHandlerMethod = async (request, reply) => {
    const page = statusPage(await money.status.read());
    const etag = etagOf(page);
    reply.headers({ ...PAGE_HEADERS, ...FILE_HEADERS, "cache-control": "public, max-age=5", etag });
    if (hasIt(request.headers["if-none-match"], etag)) return reply.code(304).send();
    return reply.type("text/html; charset=utf-8").send(page);
  };
  const operation = {
    id: "statusPage",
    summary: "A page for people that says how the network does",
    isCached: true,
    answers: { "text/html": { description: "It needs no script." } },
  };
  return {
    name: "status",
    described: {
      title: "Status",
      about: "How the network does, for people. `/flock/v1/status` says the same to programs.",
      errorSchema: ERROR,
    },
    owns: ({ path }) => path === "/status",
    errorBody: ({ message }) => ({ error: message }),
    routes: [{ methods: ["GET", "HEAD"], path: "/status", open: "read", handler, operation }],
  };
}

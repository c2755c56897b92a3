import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Logger } from "@flock/observability";
import { type Answer, answer } from "./dispatch.js";
import { exactJson } from "./exact-json.js";
import type { RpcNode } from "./rpc-node.js";

/** The largest request body, as on a validator. */
export const BODY_BYTES_MAX = 50 * 1024;

/** Longer than clients keep idle connections, so that none of them sends into one that is being closed. */
const KEEP_ALIVE_MS = 75_000;

/** JSON-RPC by POST on `/`, and `GET /health`. Not listening yet. */
export function createHttpServer(node: RpcNode, logger: Logger): Server {
  const server = createServer((request, response) => {
    serve(node, request, response, logger).catch((error: unknown) => {
      // A client that goes away while it sends is no fault of ours.
      logger[request.destroyed ? "debug" : "error"]({ err: error }, "request failed");
      response.destroy();
    });
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.headersTimeout = KEEP_ALIVE_MS + 1_000;
  return server;
}

async function serve(
  node: RpcNode,
  request: IncomingMessage,
  response: ServerResponse,
  logger: Logger,
): Promise<void> {
  const path = (request.url ?? "/").split("?", 1)[0];
  if (request.method === "GET" && path === "/health") return send(response, 200, "text/plain", "ok");
  if (path !== "/") return send(response, 404, "text/plain", "Not found\n");
  if (request.method !== "POST") {
    return send(
      response,
      405,
      "text/plain",
      "Used HTTP Method is not allowed. POST or OPTIONS is required\n",
    );
  }
  // A page in a browser may post text to this machine, but JSON only with leave: which is never given.
  if (!/^application\/json\b/i.test(request.headers["content-type"] ?? "")) {
    const message = "Supplied content type is not allowed. Content-Type: application/json is required\n";
    return send(response, 415, "text/plain", message);
  }
  const body = await readBody(request);
  if (body === undefined) {
    response.setHeader("Connection", "close");
    return send(response, 413, "text/plain", "Request body too large\n");
  }
  await sendAnswer(response, answer(node, body, logger));
}

/** The body as text; undefined when it is too large, of which the rest is read and forgotten. */
function readBody(request: IncomingMessage): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= BODY_BYTES_MAX) chunks.push(chunk);
      else resolve(undefined);
    });
    request.once("end", () => resolve(Buffer.concat(chunks).toString("utf8")));
    request.once("error", reject);
  });
}

async function sendAnswer(response: ServerResponse, { body, failure }: Answer): Promise<void> {
  if (failure?.kind === "disconnect") {
    response.destroy();
    return;
  }
  if (failure?.kind === "http") return send(response, failure.status, "text/plain", "\n");
  if (failure?.kind === "late") {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, failure.delayMs);
      response.once("close", () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
  if (response.destroyed) return;
  send(response, 200, "application/json", body === undefined ? "" : exactJson(body));
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { "Content-Type": type, "Content-Length": Buffer.byteLength(body) });
  response.end(body);
}

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Metrics } from "@flock/observability";

/** An extra route of the health server, e.g. `POST /control/pause`. Answers JSON. */
export interface ControlRoute {
  readonly method: "GET" | "POST";
  readonly path: string;
  handle(): Promise<object> | object;
}

export interface HealthOptions {
  host: string;
  /** 0: any free port. */
  port: number;
  metrics: Metrics;
  /** Reasons why the service is not ready; empty: it is. */
  notReady(): readonly string[];
  /** The control routes that there are by now. */
  routes?(): readonly ControlRoute[];
}

export interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(`${JSON.stringify(body)}\n`);
}

async function route(
  options: HealthOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = (request.url ?? "/").split("?")[0];
  if (path === "/livez") return answer(response, 200, { status: "alive" });
  if (path === "/readyz") {
    const reasons = options.notReady();
    return answer(response, reasons.length === 0 ? 200 : 503, { ready: reasons.length === 0, reasons });
  }
  if (path === "/metrics") return options.metrics.serve(request, response);
  // A web page that its reader's browser shows must not be able to command a service on that machine.
  if (request.headers.origin !== undefined) return answer(response, 403, { error: "not for web pages" });
  const found = options
    .routes?.()
    .find((candidate) => candidate.path === path && candidate.method === request.method);
  if (found === undefined) return answer(response, 404, { error: "not found" });
  try {
    return answer(response, 200, await found.handle());
  } catch (error) {
    return answer(response, 500, { error: error instanceof Error ? error.message : "failed" });
  }
}

/** Serves `/livez`, `/readyz` and `/metrics` (and a service's own control routes) on a port of its own. */
export async function serveHealth(options: HealthOptions): Promise<HealthServer> {
  const server: Server = createServer((request, response) => {
    request.resume();
    void route(options, request, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

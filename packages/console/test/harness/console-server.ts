import { EventEmitter, once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { consoleFolder } from "../../folder.js";

/** The policy that the api sends with the console; a page that breaks it breaks its test. */
const POLICY = [
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'",
  "manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  "require-trusted-types-for 'script'; trusted-types 'none'",
].join("; ");

const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};

/** What stands in for the api at one path: JSON, or a handler for streams and for what depends on the request. */
export type Answer =
  | { readonly status?: number; readonly headers?: Record<string, string>; readonly json: unknown }
  | Handler;

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** By `GET /flock/v1/models`, without the query. */
export type Answers = Record<string, Answer>;

export interface ConsoleServer {
  readonly url: string;
  /** Changes and adds answers, while pages are open. */
  answer(answers: Answers): void;
  /** How many requests of a route, such as `GET /flock/v1/live`, are open now. */
  openCount(route: string): number;
  /** Resolves when the next one of them has come. */
  opened(route: string): Promise<void>;
  /** Resolves when the next one of them has ended. */
  closed(route: string): Promise<void>;
  close(): Promise<void>;
}

/** Serves the built console under its policy, and `answers` in the place of the api. */
export async function startConsoleServer(answers: Answers = {}): Promise<ConsoleServer> {
  const table = new Map(Object.entries({ ...QUIET_NETWORK, ...answers }));
  const open = new Map<string, number>();
  const begins = new EventEmitter();
  const ends = new EventEmitter();
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://console");
    if (pathname.startsWith("/console")) {
      void serveFile(pathname, response);
      return;
    }
    const route = `${request.method} ${pathname}`;
    open.set(route, (open.get(route) ?? 0) + 1);
    response.on("close", () => {
      open.set(route, (open.get(route) ?? 1) - 1);
      ends.emit(route);
    });
    begins.emit(route);
    give(table.get(route) ?? NOT_HERE, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // CAST: it listens on a port and not on a pipe.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    answer: (more) => {
      for (const [route, answer] of Object.entries(more)) table.set(route, answer);
    },
    openCount: (route) => open.get(route) ?? 0,
    opened: async (route) => {
      await once(begins, route);
    },
    closed: async (route) => {
      await once(ends, route);
    },
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      // A live stream would keep it for ever.
      server.closeAllConnections();
      await closed;
    },
  };
}

const NOT_HERE: Answer = {
  status: 404,
  json: { error: { code: "not_found", message: "there is nothing at this path" } },
};

const COUNTS = { workers: 4, slots: 8, busy: 3, draining: 0, waiting: 1, tokens: 96, jobs: 1 };

/** What the shell itself asks for. */
const QUIET_NETWORK: Answers = {
  "GET /flock/v1/network": {
    json: { chain: null, genesis_hash: null, mint: null, parameters: { version: 1, values: {} }, live: null },
  },
  "GET /flock/v1/models": {
    json: { models: [], as_of: "2026-11-29T14:02:11Z", group_min: 3, measured_since: null },
  },
  "GET /flock/v1/live": liveStream(() => ({ totals: COUNTS, models: [], other: null })),
};

/** The stream of frames: one for each second of the last minute, then one a second. */
export function liveStream(frame: (seq: number) => object): Handler {
  return (_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    const write = (seq: number) => {
      const data = { at: new Date(seq * 1_000).toISOString(), seq, ...frame(seq) };
      response.write(`event: frame\nid: ${seq}\ndata: ${JSON.stringify(data)}\n\n`);
    };
    const now = () => Math.floor(Date.now() / 1_000);
    for (let seq = now() - 59; seq <= now(); seq += 1) write(seq);
    const timer = setInterval(() => write(now()), 1_000);
    response.on("close", () => clearInterval(timer));
  };
}

function give(answer: Answer, request: IncomingMessage, response: ServerResponse): void {
  if (typeof answer === "function") {
    answer(request, response);
    return;
  }
  const { status = 200, headers = {}, json } = answer;
  response.writeHead(status, { "content-type": "application/json", "x-request-id": "req-test", ...headers });
  response.end(JSON.stringify(json));
}

/** As the api does: a file, `index.html` for the path of a page, 404 for an asset that is not there. */
async function serveFile(pathname: string, response: ServerResponse): Promise<void> {
  const path = normalize(pathname.slice("/console".length) || "/");
  // A page may have any name, also one with dots: `qwen2.5:7b`.
  const isFile = path.startsWith("/assets/") || extname(path) in TYPES;
  try {
    const bytes = await readFile(join(consoleFolder, isFile ? path : "index.html"));
    response.writeHead(200, {
      "content-type": TYPES[isFile ? extname(path) : ".html"] ?? "application/octet-stream",
      "content-security-policy": POLICY,
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
    });
    response.end(bytes);
  } catch {
    response.writeHead(404);
    response.end("This file is not built: npm run build");
  }
}

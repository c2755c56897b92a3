import type { IncomingMessage, ServerResponse } from "node:http";
import { FlockError, type FlockErrorCode } from "@flock/errors";
import { faultOfWalletAddress } from "@flock/keys";
import type { CatalogueView } from "@flock/mesh";
import type { Logger } from "@flock/observability";
import type { BridgedWorker } from "../bridged-worker.js";
import type { BridgedWorkers } from "../bridged-workers.js";
import type { BridgeMetrics } from "../metrics.js";
import { offeredModels } from "../offered-models.js";
import { clientOf, type RequestLimit } from "../request-limits.js";
import type { WaitingPull } from "../waiting-pulls.js";
import { type PullBody, REFERENCE, readPullBody } from "./pull-body.js";
import { refuse, replyJson } from "./replies.js";

const BEARER = /^Bearer +(\S{1,64})$/i;
const JOB_ID = /^[0-9a-f]{32}$/;
const NO_JOB = { job: false };
const STATUSES: Partial<Readonly<Record<FlockErrorCode, number>>> = {
  invalid_argument: 400,
  deadline_exceeded: 408,
  payload_too_large: 413,
};

export interface BridgeRequestsOptions {
  readonly workers: BridgedWorkers;
  readonly catalogue: CatalogueView;
  readonly pullWaitMs: number;
  readonly addresses: RequestLimit;
  readonly keys: RequestLimit;
  readonly metrics: BridgeMetrics;
  readonly logger: Logger;
}

/** What original workers ask: `GET /ping`, `POST /api/pull`, `POST /api/push`. */
export class BridgeRequests {
  readonly #options: BridgeRequestsOptions;

  constructor(options: BridgeRequestsOptions) {
    this.#options = options;
  }

  /** Answers one request; never throws. */
  handle(message: IncomingMessage, response: ServerResponse): void {
    response.on("error", () => {}); // Its worker has gone; `close` says so, too.
    const path = (message.url ?? "").split("?")[0];
    const route = `${message.method} ${path}`;
    const isAllowed = this.#options.addresses.allows(clientOf(message.socket.remoteAddress));
    if (route === "POST /api/pull") void this.#pull(message, response, isAllowed);
    else if (route === "POST /api/push") this.#push(message, response, isAllowed);
    else if (!isAllowed) refuse(response, 429, "too many requests");
    else if (route === "GET /ping") response.writeHead(200, { "content-type": "text/plain" }).end("pong");
    else refuse(response, 404, "not found");
  }

  async #pull(message: IncomingMessage, response: ServerResponse, isAllowed: boolean): Promise<void> {
    const { workers, keys, metrics, logger } = this.#options;
    const client = clientOf(message.socket.remoteAddress);
    const publicKey = publicKeyOf(message);
    if (!isAllowed) {
      metrics.countPull("limited");
      return refuse(response, 429, "too many requests");
    }
    if (typeof publicKey !== "string") {
      metrics.countPull("unauthenticated");
      return refuse(response, 401, publicKey.fault);
    }
    if (!keys.allows(publicKey)) {
      metrics.countPull("limited");
      return refuse(response, 429, "too many pulls of this key");
    }
    try {
      const body = await readPullBody(message);
      const worker = workers.open(publicKey, client);
      if (worker !== undefined) return this.#wait(worker, body, response);
      metrics.countPull("full");
      refuse(response, 503, "no more workers are taken now");
    } catch (thrown) {
      const { code, message: reason } = FlockError.from(thrown);
      metrics.countPull(code === "cancelled" ? "gone" : "malformed");
      if (STATUSES[code] === undefined && code !== "cancelled") logger.warn({ err: thrown }, "a pull failed");
      refuse(response, STATUSES[code] ?? 500, STATUSES[code] === undefined ? "internal error" : reason);
    }
  }

  /** Keeps the pull open until there is a job. */
  #wait(worker: BridgedWorker, body: PullBody, response: ServerResponse): void {
    const { catalogue, pullWaitMs, metrics } = this.#options;
    const models = offeredModels(body.models, catalogue);
    const answer: WaitingPull["answer"] = (job) => {
      clearTimeout(timer);
      response.off("close", onClose);
      metrics.countPull(job === undefined ? "none" : "job");
      replyJson(response, 200, job === undefined ? NO_JOB : { job: true, ...job });
    };
    const pull: WaitingPull = {
      reference: body.reference,
      models: new Set(models.map(({ name }) => name)),
      answer,
    };
    const onClose = (): void => {
      clearTimeout(timer);
      metrics.countPull("gone");
      worker.withdraw(pull);
    };
    const timer = setTimeout(() => {
      worker.withdraw(pull);
      answer(undefined);
    }, pullWaitMs);
    if (response.destroyed) return onClose();
    response.once("close", onClose);
    if (!worker.offer(pull, models)) answer(undefined);
  }

  #push(message: IncomingMessage, response: ServerResponse, isAllowed: boolean): void {
    const { workers, metrics } = this.#options;
    if (!isAllowed) {
      metrics.countPush("limited");
      return refuse(response, 429, "too many requests");
    }
    const publicKey = publicKeyOf(message);
    if (typeof publicKey !== "string") {
      metrics.countPush("unauthenticated");
      return refuse(response, 401, publicKey.fault);
    }
    const { id, reference } = message.headers;
    const isNamed =
      typeof id === "string" && JOB_ID.test(id) && typeof reference === "string" && REFERENCE.test(reference);
    const isTaken = isNamed && workers.find(publicKey)?.take(id, reference, { message, response }) === true;
    metrics.countPush(isTaken ? "taken" : "unwanted");
    // The same for an id that never was, is over, or is somebody else's.
    if (!isTaken) refuse(response, 404, "no job of that id waits for an answer of this worker");
  }
}

/** The public key that a request names; nothing proves that it is the sender's. */
function publicKeyOf({ headers }: IncomingMessage): string | { readonly fault: string } {
  const [, key] = BEARER.exec(headers.authorization ?? "") ?? [];
  if (key === undefined) return { fault: "a public key is needed: Authorization: Bearer <Solana address>" };
  const fault = faultOfWalletAddress(key);
  return fault === undefined ? key : { fault };
}

import { setTimeout as sleep } from "node:timers/promises";
import type { Answer, AnswerEnd } from "./answer.js";
import type { ApiClient } from "./api-client.js";

/** One request of a load, and how it ended. Times are on the clock of performance.now(). */
export interface LoadRecord {
  readonly request: LoadRequest;
  readonly answer: Answer;
  readonly end: AnswerEnd;
  readonly sentMs: number;
  readonly endedMs: number;
}

export interface LoadRequest {
  readonly path: string;
  readonly body: object;
}

/** How long a client waits before it asks again after it was not answered. */
const PAUSE_MS = 200;

/**
 * Clients that ask one request after the other for as long as they are told to, whatever the answers are; each answer
 * is kept. The n-th request of the load is `requests[n % requests.length]`.
 */
export class ClientLoad {
  readonly records: LoadRecord[] = [];
  readonly #requests: readonly LoadRequest[];
  readonly #clients: Promise<void>[];
  readonly #open = new Set<Answer>();
  #next = 0;
  #isStopping = false;

  /** Starts one client for each entry of `clients`; the same one may be given several times. */
  constructor(clients: readonly ApiClient[], requests: readonly LoadRequest[]) {
    this.#requests = requests;
    this.#clients = clients.map((client) => this.#run(client));
  }

  /** Complete answers to requests that were sent after `sinceMs`. */
  completeSince(sinceMs: number): number {
    return this.records.filter(({ end, sentMs }) => end.kind === "complete" && sentMs > sinceMs).length;
  }

  /**
   * Sends nothing more and waits for what is under way; safe to call again.
   * @throws Error that names the requests which have not ended by then; they are given up.
   */
  async stop(timeoutMs = 60_000): Promise<void> {
    this.#isStopping = true;
    let hanging: string[] = [];
    const timer = setTimeout(() => {
      hanging = [...this.#open].map(({ sentMs, status, lines, jobId }) => {
        return `sent ${Math.round(performance.now() - sentMs)} ms ago, status ${status}, ${lines.length} lines, job ${jobId}`;
      });
      for (const answer of this.#open) answer.abort();
    }, timeoutMs);
    await Promise.all(this.#clients);
    clearTimeout(timer);
    if (hanging.length > 0) throw new Error(`requests that never ended:\n${hanging.join("\n")}`);
  }

  async #run(client: ApiClient): Promise<void> {
    while (!this.#isStopping) {
      const request = this.#requests[this.#next++ % this.#requests.length];
      if (request === undefined) throw new Error("a load needs requests");
      const answer = client.post(request.path, request.body);
      this.#open.add(answer);
      const end = await answer.ended;
      this.#open.delete(answer);
      const endedMs = answer.endedMs ?? performance.now();
      this.records.push({ request, answer, end, sentMs: answer.sentMs, endedMs });
      if (end.kind !== "complete") await sleep(PAUSE_MS);
    }
  }
}

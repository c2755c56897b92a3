import { type ClientRequest, request } from "node:http";
import { generateIdentity } from "@flock/keys";

/** What a pull was answered with. */
export interface PulledJob {
  readonly job: boolean;
  readonly id: string;
  readonly path: string;
  readonly request: { readonly model: string };
}

/** An answer of the bridge. */
export interface BridgeAnswer {
  readonly status: number;
  readonly body: string;
}

/** A fake original worker, that sends the bridge whatever a test wants. It says that it has the models of an Ollama. */
export class FakeOriginalWorker {
  readonly publicKey: string;
  readonly reference: string;
  readonly #bridgeUrl: string;
  readonly #models: readonly unknown[];

  constructor(bridgeUrl: string, models: readonly unknown[], publicKey = generateIdentity().id) {
    this.publicKey = publicKey;
    this.reference = `fake${Math.random().toString(36).slice(2)}`;
    this.#bridgeUrl = bridgeUrl;
    this.#models = models;
  }

  async pull(): Promise<PulledJob> {
    const answer = await this.post(
      "/api/pull",
      JSON.stringify({ models: this.#models, reference: this.reference }),
    );
    if (answer.status !== 200) throw new Error(`the pull was refused with ${answer.status}: ${answer.body}`);
    return JSON.parse(answer.body) as PulledJob;
  }

  /** Pulls until it is given a job. */
  async untilGiven(): Promise<PulledJob> {
    for (;;) {
      const pulled = await this.pull();
      if (pulled.job) return pulled;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  push(id: string, body: string | Buffer): Promise<BridgeAnswer> {
    return this.post("/api/push", body, { id, reference: this.reference });
  }

  /** Begins a push, whose body the test writes; what becomes of it is not looked at. */
  beginPush(id: string): ClientRequest {
    const headers = { ...this.#headers(), id, reference: this.reference };
    const sent = request(`${this.#bridgeUrl}/api/push`, { method: "POST", headers, agent: false });
    sent.on("error", () => {}); // The bridge hangs up.
    return sent;
  }

  /** Status 0: the bridge hung up. */
  post(
    path: string,
    body: string | Buffer,
    more: Readonly<Record<string, string>> = {},
  ): Promise<BridgeAnswer> {
    return new Promise((resolve) => {
      const headers = { ...this.#headers(), ...more };
      const sent = request(`${this.#bridgeUrl}${path}`, { method: "POST", headers, agent: false });
      sent.on("response", (response) => {
        let text = "";
        response.on("data", (chunk: Buffer) => {
          text += chunk.toString();
        });
        response.on("close", () => resolve({ status: response.statusCode ?? 0, body: text }));
      });
      sent.on("error", (error) => resolve({ status: 0, body: error.message }));
      sent.end(body);
    });
  }

  #headers(): Record<string, string> {
    return { authorization: `Bearer ${this.publicKey}` };
  }
}

import {
  type Books,
  eventually,
  RecordedOllama,
  RecordingProxy,
  recordings,
  TalkativeEngine,
  TestMesh,
} from "@flock/harness";
import { call } from "@flock/mesh";
import { PROTOCOL_VERSION } from "@flock/proto";
import { API, KeyRights } from "@flock/proto/keys";
import { Ollama } from "ollama";
import type { Access } from "./libraries/library.js";

const SLOTS = 4;
const LINE_INTERVAL_MS = 10;

/**
 * A mesh that has what client libraries are tried with: the real engine, slowed down so that answers have a middle; a
 * model that calls tools, as a real Ollama was recorded doing it; and a model whose only worker has gone.
 */
export class ClientsMesh {
  readonly plainModel = "flock-tiny";

  private constructor(
    readonly mesh: TestMesh,
    readonly books: Books,
    readonly proxy: RecordingProxy,
    private readonly caller: RecordedOllama,
    /** The network knows it, and nobody serves it. */
    readonly goneModel: string,
  ) {}

  static async start(): Promise<ClientsMesh> {
    const caller = await RecordedOllama.start(recordings.TOOL_CALL);
    const mesh = await TestMesh.start({ workers: 0, sequences: SLOTS });
    const target = mesh.state.ollamaUrl;
    const proxy = await RecordingProxy.start({ target, lineIntervalMs: LINE_INTERVAL_MS });
    await mesh.startWorker({ ollamaUrl: proxy.url, slots: SLOTS });
    await mesh.startWorker({ ollamaUrl: caller.url });
    const gone = await TalkativeEngine.start({ tokens: 1, tokenCharacters: 1 });
    const leaving = await mesh.startWorker({ ollamaUrl: gone.url });
    const clients = new ClientsMesh(mesh, await mesh.books(), proxy, caller, gone.model);
    await clients.#untilServed(3);
    await leaving.stop();
    await gone.stop();
    await clients.#untilServed(2);
    return clients;
  }

  get toolModel(): string {
    return this.caller.model;
  }

  accessWith(apiKey: string): Access {
    return { baseUrl: this.mesh.state.apiUrl, apiKey };
  }

  /** Of a new account, with a key that may have one request running, and no more. */
  async limitedAccess(): Promise<Access> {
    const { accountId } = await this.mesh.account("limited");
    const rights = KeyRights.fromPartial({ streamsMax: 1 });
    const request = { version: PROTOCOL_VERSION, accountId, label: "limited", rights };
    const { apiKey } = await call(await this.mesh.connection(), API.createKey, request);
    return this.accessWith(apiKey);
  }

  async stop(): Promise<void> {
    await this.mesh.stop();
    await this.proxy.stop();
    await this.caller.stop();
  }

  async #untilServed(models: number): Promise<void> {
    const { apiUrl, apiKey } = this.mesh.state;
    const ollama = new Ollama({ host: apiUrl, headers: { authorization: `Bearer ${apiKey}` } });
    await eventually(`${models} models to be served`, async () => {
      return (await ollama.list()).models.length === models;
    });
  }
}

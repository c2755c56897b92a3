import { generateIdentity, type Identity } from "@flock/keys";
import { type Clock, type Mesh, serve } from "@flock/mesh";
import { startTestNats, startTestPostgres, type TestNats, type TestPostgres } from "@flock/provision/testing";
import { base58 } from "@scure/base";
import { ApiUnderTest, connectForTest } from "./api-under-test.js";
import { FakeLedger } from "./fake-ledger.js";
import { FakeRouter } from "./fake-router.js";
import { FakeTreasury } from "./fake-treasury.js";
import { FakeVerifier } from "./fake-verifier.js";

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: what a test expects of it is checked by its expectations.
  readonly body: any;
}

/** Two apis on one Postgres and one NATS, with a fake ledger, treasury, router and verifier behind them. */
export class MoneyApi {
  readonly ledger = new FakeLedger();
  readonly treasury = new FakeTreasury();
  readonly router = new FakeRouter();
  readonly verifier = new FakeVerifier();
  #stopServices = async (): Promise<void> => {};

  private constructor(
    readonly nats: TestNats,
    readonly postgres: TestPostgres,
    readonly mesh: Mesh,
    readonly apis: readonly [ApiUnderTest, ApiUnderTest],
    readonly databaseUrl: string,
  ) {}

  /**
   * @param environments Of each of the apis, over what a test usually wants.
   * @param clock Of both of them; default: this machine's.
   */
  static async start(
    environments: readonly [NodeJS.ProcessEnv, NodeJS.ProcessEnv] = [{}, {}],
    clock?: Clock,
  ): Promise<MoneyApi> {
    const [nats, postgres] = await Promise.all([startTestNats(), startTestPostgres()]);
    const databaseUrl = await postgres.createDatabase();
    const mesh = await connectForTest(nats.url, "test");
    const options = clock === undefined ? {} : { clock };
    const apis = await Promise.all([
      ApiUnderTest.start(nats.url, databaseUrl, environments[0], options),
      ApiUnderTest.start(nats.url, databaseUrl, environments[1], options),
    ]);
    const api = new MoneyApi(nats, postgres, mesh, apis, databaseUrl);
    await api.#startServices();
    return api;
  }

  /** Does something while ledger, treasury, router and verifier are away. */
  async withoutServices(act: () => Promise<void>): Promise<void> {
    await this.#stopServices();
    try {
      await act();
    } finally {
      await this.#startServices();
    }
  }

  async stop(): Promise<void> {
    await this.#stopServices();
    await Promise.all(this.apis.map((api) => api.stop()));
    await this.mesh.close();
    await Promise.all([this.nats.stop(), this.postgres.stop()]);
  }

  /** Asks one of the apis (the first, if none is named) below `/flock/v1`. */
  async ask(
    method: string,
    path: string,
    { token, body, api = 0, headers = {} }: AskOptions = {},
  ): Promise<Answer> {
    const response = await fetch(`${this.apis[api].baseUrl}/flock/v1${path}`, {
      method,
      headers: { ...headers, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.startsWith("application/json") === true;
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  }

  /** A fresh wallet that has signed in. */
  async signIn(wallet: Identity = generateIdentity()): Promise<{ wallet: Identity; token: string }> {
    const challenge = await this.ask("POST", "/sign-in/challenge", { body: { address: wallet.id } });
    const signature = signed(wallet, challenge.body.message);
    const body = { message: challenge.body.message, signature };
    const answer = await this.ask("POST", "/sign-in", { body, api: 1 });
    return { wallet, token: answer.body.session_token };
  }

  async #startServices(): Promise<void> {
    const stop = new AbortController();
    const served = [
      serve(this.mesh, "ledger", this.ledger.methods()).start(stop.signal),
      serve(this.mesh, "treasury", this.treasury.methods()).start(stop.signal),
      serve(this.mesh, "router", this.router.methods()).start(stop.signal),
      serve(this.mesh, "verifier", this.verifier.methods()).start(stop.signal),
    ];
    await this.mesh.nats.flush();
    this.#stopServices = async () => {
      stop.abort();
      await Promise.all(served);
    };
  }
}

interface AskOptions {
  readonly token?: string;
  readonly body?: object | string;
  readonly api?: 0 | 1;
  readonly headers?: Record<string, string>;
}

/** The wallet's signature over a text, in base58. */
export function signed(wallet: Identity, text: string): string {
  return base58.encode(wallet.sign(Buffer.from(text)));
}

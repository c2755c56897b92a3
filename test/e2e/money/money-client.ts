import type { ChainWallet } from "./chain-wallet.js";

const PREFIX = "/flock/v1";

/** An answer of the network's own API. */
export interface MoneyAnswer {
  readonly status: number;
  // The API's documented JSON; a test names the fields that it expects.
  readonly body: Readonly<Record<string, unknown>>;
}

/** A client of `/flock/v1`: what a wallet does with its account over plain HTTP. */
export class MoneyClient {
  readonly #apiUrl: string;
  #token: string | undefined;

  constructor(apiUrl: string) {
    this.#apiUrl = apiUrl;
  }

  /** Signs in with the wallet. What follows is done for its account. */
  async signIn(wallet: Pick<ChainWallet, "address" | "sign">): Promise<void> {
    const challenge = await this.post("/sign-in/challenge", { address: wallet.address });
    const { message } = challenge.body as { message: string };
    const session = await this.post("/sign-in", { message, signature: wallet.sign(message) });
    if (session.status !== 200) throw new Error(`sign-in: ${session.status} ${JSON.stringify(session.body)}`);
    this.#token = (session.body as { session_token: string }).session_token;
  }

  get(path: string): Promise<MoneyAnswer> {
    return this.#send(path, {});
  }

  post(path: string, body: object): Promise<MoneyAnswer> {
    return this.#send(path, { method: "POST", body: JSON.stringify(body) });
  }

  /** The whole of an answer that is not JSON. */
  async text(path: string): Promise<string> {
    const response = await fetch(`${this.#apiUrl}${PREFIX}${path}`);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.text();
  }

  async #send(path: string, init: RequestInit): Promise<MoneyAnswer> {
    const headers: Record<string, string> = { "content-type": "application/json" };
    if (this.#token !== undefined) headers["authorization"] = `Bearer ${this.#token}`;
    const response = await fetch(`${this.#apiUrl}${PREFIX}${path}`, { ...init, headers });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }
}

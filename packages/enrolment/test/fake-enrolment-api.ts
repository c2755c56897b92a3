import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { issueWorker, readUser, type WorkerIssuer } from "@flock/access";
import { FlockError } from "@flock/errors";
import { isIdentityId, verifySignature } from "@flock/keys";
import {
  type Delegation,
  type Fault,
  faultOfDelegation,
  faultOfSessionRequest,
  isSignedBy,
  readDelegation,
  readSessionRequest,
} from "@flock/orders";
import { base58 } from "@scure/base";
import { z } from "zod";

const STATUS: Partial<Record<FlockError["code"], number>> = {
  invalid_argument: 400,
  unauthenticated: 401,
  permission_denied: 403,
  unavailable: 503,
};
const walletBody = z.object({ wallet: z.string() });
const signedBody = z.object({ text: z.string(), signature: z.string() });

export interface FakeEnrolmentOptions {
  readonly issuer: WorkerIssuer;
  readonly natsUrls: readonly string[];
  readonly meshKeys?: readonly string[];
}

export interface FakeAnswer {
  readonly status: number;
  readonly body: string | Buffer;
  readonly headers?: Record<string, string>;
}

/** A fake of the api that workers enrol at: it keeps `enrolmentForWorkerContract` unless it is told not to. */
export class FakeEnrolmentApi {
  readonly banned = new Set<string>();
  /** Texts that it took, by path. */
  readonly taken: { readonly path: string; readonly text: string }[] = [];
  /** JWTs that it has issued. */
  readonly jwts: string[] = [];
  natsUrls: readonly string[];
  lifeSeconds = 3_600;
  isAway = false;
  /** How far its clock is ahead. */
  skewMs = 0;
  /** Changes what it answers, as a rogue would. */
  mangle:
    | ((path: string, answer: Record<string, unknown>) => Record<string, unknown> | FakeAnswer)
    | undefined;
  readonly #options: FakeEnrolmentOptions;
  /** Whose a challenge is, and the text that it was used for. */
  readonly #challenges = new Map<string, { readonly wallet: string; text?: string }>();
  readonly #delegations = new Map<string, Delegation>();
  readonly #server = createServer((request, response) => {
    void this.#answer(request).then(({ status, body, headers }) => {
      response.writeHead(status, { "content-type": "application/json", ...headers }).end(body);
    });
  });

  private constructor(options: FakeEnrolmentOptions) {
    this.#options = options;
    this.natsUrls = options.natsUrls;
  }

  static async start(options: FakeEnrolmentOptions): Promise<FakeEnrolmentApi> {
    const api = new FakeEnrolmentApi(options);
    api.#server.listen(0, "127.0.0.1");
    await once(api.#server, "listening");
    return api;
  }

  get url(): string {
    // CAST: it listens on a port.
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Forgets what was delegated, as an api with an empty database would. */
  forget(): void {
    this.#delegations.clear();
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #answer(request: IncomingMessage): Promise<FakeAnswer> {
    const path = request.url?.split("/").at(-1) ?? "";
    try {
      const body: unknown = JSON.parse(Buffer.concat(await request.toArray()).toString());
      if (this.isAway) throw new FlockError("unavailable", "this api is away");
      const honest = await this.#handle(path, body);
      const answer = this.mangle?.(path, honest) ?? honest;
      return isWhole(answer) ? answer : { status: 200, body: JSON.stringify(answer) };
    } catch (thrown) {
      const { code, message } =
        thrown instanceof z.ZodError
          ? new FlockError("invalid_argument", "the body is none")
          : FlockError.from(thrown);
      return { status: STATUS[code] ?? 500, body: JSON.stringify({ error: { code, message } }) };
    }
  }

  async #handle(path: string, body: unknown): Promise<Record<string, unknown>> {
    if (path === "challenges") return this.#challenge(walletBody.parse(body).wallet);
    const { text, signature } = signedBody.parse(body);
    const bytes = checked(() => base58.decode(signature));
    const answer = path === "delegations" ? this.#delegate(text, bytes) : await this.#session(text, bytes);
    this.taken.push({ path, text });
    return answer;
  }

  #challenge(wallet: string): Record<string, unknown> {
    if (!isIdentityId(wallet)) throw new FlockError("invalid_argument", "wallet: it is no address");
    const challenge = base58.encode(randomBytes(20));
    this.#challenges.set(challenge, { wallet });
    return { challenge, api: this.url, expires_at: new Date(this.#nowMs + 300_000).toISOString() };
  }

  #delegate(text: string, signature: Uint8Array): Record<string, unknown> {
    const read = wellFormed(readDelegation(text));
    const { api, wallet, key, payout, challenge, expiresMs } = read;
    if (api !== this.url) throw new FlockError("invalid_argument", `api: it is not ${this.url}`);
    if (expiresMs <= this.#nowMs) throw lapsed();
    const fault = faultOfDelegation(read, this.#nowMs);
    if (fault !== undefined) throw new FlockError("invalid_argument", fault);
    if (!isSignedBy(wallet, text, signature)) throw new FlockError("unauthenticated", "wrong signature");
    this.#requireNotBanned(wallet);
    const given = this.#challenges.get(challenge);
    if (given?.wallet !== wallet || (given.text !== undefined && given.text !== text))
      throw new FlockError("unauthenticated", "the challenge is not good");
    given.text = text;
    this.#delegations.set(key, read);
    return { worker_id: wallet, key, payout, expires_at: new Date(expiresMs).toISOString() };
  }

  async #session(text: string, signature: Uint8Array): Promise<Record<string, unknown>> {
    const request = wellFormed(readSessionRequest(text));
    const fault = faultOfSessionRequest(request, this.#nowMs);
    if (fault !== undefined) throw new FlockError("invalid_argument", fault);
    const delegation = this.#delegations.get(request.key);
    const isSigned = verifySignature(request.key, Buffer.from(text), signature);
    if (!isSigned || delegation === undefined)
      throw new FlockError("unauthenticated", "the key has no delegation: delegate to it");
    if (delegation.expiresMs <= this.#nowMs) throw lapsed();
    const { wallet, payout } = delegation;
    this.#requireNotBanned(wallet);
    const pass = { workerId: wallet, sessionKey: request.session };
    const jwt = await issueWorker(this.#options.issuer, { ...pass, lifeSeconds: this.lifeSeconds });
    this.jwts.push(jwt);
    const expires_at = new Date(readUser(jwt).expiresUnixMs ?? 0).toISOString();
    const { meshKeys = [] } = this.#options;
    return { worker_id: wallet, payout, jwt, expires_at, nats_urls: this.natsUrls, mesh_keys: meshKeys };
  }

  get #nowMs(): number {
    return Date.now() + this.skewMs;
  }

  #requireNotBanned(wallet: string): void {
    if (this.banned.has(wallet)) throw new FlockError("permission_denied", `the wallet ${wallet} is banned`);
  }
}

function isWhole(answer: Record<string, unknown> | FakeAnswer): answer is FakeAnswer {
  return typeof answer["status"] === "number";
}

function lapsed(): FlockError {
  return new FlockError("unauthenticated", "the delegation has lapsed: delegate anew");
}

function wellFormed<T extends object>(read: T | Fault): T {
  if ("fault" in read) throw new FlockError("invalid_argument", read.fault);
  return read;
}

function checked<T>(decode: () => T): T {
  try {
    return decode();
  } catch {
    throw new FlockError("invalid_argument", "signature: it is not base58");
  }
}

import { FlockError, type FlockErrorCode, isFlockErrorCode } from "@flock/errors";
import { base58 } from "@scure/base";
import { z } from "zod";

const TIMEOUT_MS = 15_000;
/** An answer is some hundred bytes long, a JWT of many models some thousand. */
const ANSWER_BYTES_MAX = 64 * 1024;
const MESSAGE_LENGTH_MAX = 300;

const name = z.string().max(64);
const challenge = z.object({ challenge: name, api: z.string().max(300), expires_at: name });
const delegation = z.object({ worker_id: name, key: name, payout: name, expires_at: name });
const session = z.object({
  worker_id: name,
  payout: name,
  jwt: z.string().max(8_192),
  nats_urls: z.array(z.string().max(300)).min(1).max(32),
  mesh_keys: z.array(name).max(32),
});
const refusal = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

export type SessionAnswer = z.output<typeof session>;

/** A text and who has signed it, as the api takes both. */
export interface SignedText {
  readonly text: string;
  readonly signature: Uint8Array;
}

/**
 * The calls with which workers enrol. What comes back is bounded and of the right form, and otherwise not believed.
 * What the api refuses is thrown as the FlockError that it names; `permission_denied`: the wallet is banned.
 */
export class EnrolmentApi {
  /** As the texts name it that are signed for this api. */
  readonly origin: string;
  readonly #baseUrl: string;

  /** @throws FlockError `invalid_argument` if it is no URL of HTTP */
  constructor(url: string) {
    const parsed = URL.canParse(url) ? new URL(url) : undefined;
    if (parsed === undefined || !/^https?:$/.test(parsed.protocol))
      throw new FlockError("invalid_argument", `${url} is not the URL of an API`);
    this.origin = parsed.origin;
    this.#baseUrl = `${parsed.origin}${parsed.pathname.replace(/\/+$/, "")}/flock/v1/workers`;
  }

  challenge(wallet: string): Promise<z.output<typeof challenge>> {
    return this.#post("/challenges", { wallet }, challenge);
  }

  delegate(signed: SignedText): Promise<z.output<typeof delegation>> {
    return this.#post("/delegations", bodyOf(signed), delegation);
  }

  openSession(signed: SignedText): Promise<SessionAnswer> {
    return this.#post("/sessions", bodyOf(signed), session);
  }

  async #post<Schema extends z.ZodType>(
    path: string,
    body: object,
    schema: Schema,
  ): Promise<z.output<Schema>> {
    const url = `${this.#baseUrl}${path}`;
    const { status, text } = await this.#exchange(url, JSON.stringify(body));
    const json = jsonOf(text);
    if (status < 200 || status > 299) throw refusedBy(this.origin, status, json);
    const read = schema.safeParse(json);
    // Without the reason: it could show a piece of a JWT.
    if (!read.success) throw new FlockError("internal", `${url} answered what is none of its answers`);
    return read.data;
  }

  async #exchange(url: string, body: string): Promise<{ readonly status: number; readonly text: string }> {
    try {
      const headers = { "content-type": "application/json" };
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      // Elsewhere it would be another api than the one that the text names.
      const response = await fetch(url, { method: "POST", headers, body, signal, redirect: "manual" });
      return { status: response.status, text: await boundedText(response) };
    } catch (cause) {
      if (cause instanceof FlockError) throw cause;
      throw new FlockError("unavailable", `no API answers at ${this.origin}`, { cause });
    }
  }
}

function bodyOf({ text, signature }: SignedText) {
  return { text, signature: base58.encode(signature) };
}

async function boundedText(response: Response): Promise<string> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  // CAST: Node's streams are asynchronously iterable, which the DOM's types do not know.
  for await (const piece of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += piece.length;
    if (bytes > ANSWER_BYTES_MAX)
      throw new FlockError("internal", `${response.url} answers with more than ${ANSWER_BYTES_MAX} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString("utf8");
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refusedBy(origin: string, status: number, json: unknown): FlockError {
  const read = refusal.safeParse(json);
  if (read.success && isFlockErrorCode(read.data.error.code)) {
    const { code, message } = read.data.error;
    // It is written to logs and terminals.
    return new FlockError(code, message.slice(0, MESSAGE_LENGTH_MAX).replace(/[^\x20-\x7e]/g, "?"));
  }
  const code: FlockErrorCode = status >= 500 || status === 429 ? "unavailable" : "failed_precondition";
  return new FlockError(code, `${origin} answered ${status}: is that a FlockOllamas API?`);
}

import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { verifySignature } from "@flock/keys";
import { base58 } from "@scure/base";
import { z } from "zod";

export const GENESIS_HASH = "4uhcVJyU9pJkvQyS88uRDiswHXSCkY3zQawwpjk2NsNY";
const TOKEN = "fls_token";

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  /** What it was shown to be let in. */
  readonly authorization: string | undefined;
}

const challengeBody = z.object({ address: z.string() });
const signInBody = z.object({ message: z.string(), signature: z.string() });
/** What comes with a text that a wallet signed. */
export const signedBody = z.object({ text: z.string(), signature: z.string() });

type Reply = { readonly status?: number; readonly body: unknown };

/**
 * A fake of the api's HTTP side: it signs wallets in as the api does (and fails the test that signs wrongly), refuses
 * what needs a session and comes without one, and answers all else with what the test has put there.
 */
export class FakeApi {
  readonly asked: Asked[] = [];
  /** By "METHOD path", without the query. */
  readonly answers = new Map<string, (asked: Asked) => Reply>();
  /** What it asks to be signed, in place of a sign-in text. */
  challengeText: ((address: string) => string) | undefined;
  /** Paths that answer with 503 this many times before they answer. */
  failures = 0;
  sessions = 0;
  #server: Server | undefined;
  #port = 0;
  #address = "";

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    this.#server = createServer((request, response) => {
      void this.#answer(request).then(({ status = 200, body }) => {
        const isText = typeof body === "string";
        response.writeHead(status, { "content-type": isText ? "text/plain" : "application/json" });
        response.end(isText ? body : JSON.stringify(body));
      });
    });
    await new Promise<void>((resolve) => this.#server?.listen(this.#port, "127.0.0.1", resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
    this.answers.set("GET /network", () => ({
      body: { chain: "solana", genesis_hash: GENESIS_HASH, treasury_address: "treasury" },
    }));
  }

  async stop(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise((resolve) => this.#server?.close(resolve));
  }

  /** Has `METHOD path` answered with this from now on. */
  answer(route: string, body: unknown, status = 200): void {
    this.answers.set(route, () => ({ body, status }));
  }

  /** The last request of that kind. */
  last(route: string): Asked {
    const found = this.asked.findLast(({ method, path }) => `${method} ${path.split("?", 1)[0]}` === route);
    if (found === undefined) throw new Error(`nobody asked for ${route}`);
    return found;
  }

  async #answer(request: IncomingMessage): Promise<Reply> {
    let text = "";
    for await (const chunk of request) text += chunk;
    const path = (request.url ?? "").replace(/^\/flock\/v1/, "");
    const asked = {
      method: request.method ?? "",
      path,
      body: text === "" ? undefined : JSON.parse(text),
      authorization: request.headers.authorization,
    };
    this.asked.push(asked);
    const route = `${asked.method} ${decodeURIComponent(path.split("?", 1)[0] ?? "")}`;
    const signIn = this.#signIn(route, asked);
    if (signIn !== undefined) return signIn;
    const needsSession =
      !/^(GET \/(network|epochs|reserves|trust|models|status|api)|POST \/(withdrawals|unstakes|claims|api))/.test(
        route,
      );
    if (needsSession && request.headers.authorization !== `Bearer ${TOKEN}`)
      return refusal(401, "unauthenticated", "unauthorized: missing session");
    if (this.failures > 0 && asked.method === "POST") {
      this.failures -= 1;
      return refusal(503, "unavailable", "the treasury cannot be reached at the moment, please try again");
    }
    return this.answers.get(route)?.(asked) ?? refusal(404, "not_found", `path ${path} not found`);
  }

  #signIn(route: string, { body }: Asked): Reply | undefined {
    if (route === "POST /sign-in/challenge") {
      const { address } = challengeBody.parse(body);
      this.#address = address;
      const own = `${new URL(this.url).host} wants you to sign in with your Solana account:\n${address}\n\nNonce: 1`;
      return { body: { message: this.challengeText?.(address) ?? own } };
    }
    if (route === "POST /sign-in") {
      const { message, signature } = signInBody.parse(body);
      if (!verifySignature(this.#address, Buffer.from(message), base58.decode(signature)))
        return refusal(401, "unauthenticated", "wrong signature");
      this.sessions += 1;
      return { body: { session_token: TOKEN } };
    }
    if (route === "POST /sign-out") {
      this.sessions -= 1;
      return { body: { signed_out: true } };
    }
    return undefined;
  }
}

export function refusal(status: number, code: string, message: string): Reply {
  return { status, body: { error: { code, message } } };
}

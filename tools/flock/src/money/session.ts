import { FlockError } from "@flock/errors";
import type { Identity } from "@flock/keys";
import { base58 } from "@scure/base";
import { z } from "zod";
import type { Call } from "../command.js";
import { type ApiClient, apiClientOf } from "./api-client.js";
import { openWallet } from "./wallet-file.js";

const challenge = z.object({ message: z.string() });
const opened = z.object({ session_token: z.string() });
const LOOPBACK = new Set(["127.0.0.1", "localhost", "[::1]"]);

/** Signs in with the wallet, does the work, and signs out: also when the work fails. */
export async function withSession<T>(
  call: Pick<Call, "options" | "surroundings" | "report">,
  work: (api: ApiClient, wallet: Identity) => Promise<T>,
): Promise<T> {
  const wallet = await openWallet(call);
  const api = await apiClientOf(call);
  const session = api.withToken(await signIn(api, wallet));
  try {
    return await work(session, wallet);
  } finally {
    // A session that cannot be ended expires; the result of the work counts.
    await session.post("/sign-out", {}, z.unknown()).catch(() => {});
  }
}

async function signIn(api: ApiClient, wallet: Identity): Promise<string> {
  const { message } = await api.post("/sign-in/challenge", { address: wallet.id }, challenge);
  requireOwnText(message, new URL(api.baseUrl), wallet.id);
  const signature = signatureOver(wallet, message);
  return (await api.post("/sign-in", { message, signature }, opened)).session_token;
}

/**
 * Signs nothing but a text to sign in to the very API that asked for it: another one could hand on what it was asked by
 * somebody else, or a text that moves money.
 */
function requireOwnText(message: string, url: URL, address: string): void {
  const [first = "", second] = message.split("\n");
  const domain = / wants you to sign in with your Solana account:$/.test(first) ? first.split(" ", 1)[0] : "";
  if (domain !== undefined && domain !== "" && isSameHost(domain, url) && second === address) return;
  throw new FlockError(
    "failed_precondition",
    `${url.origin} wants a signature under ${JSON.stringify(first.slice(0, 100))}, which is not a sign-in to ${url.host}: ` +
      "nothing was signed (is API_PUBLIC_URL of the API set right?)",
  );
}

function isSameHost(domain: string, url: URL): boolean {
  if (domain === url.host) return true;
  const signed = URL.canParse(`${url.protocol}//${domain}`)
    ? new URL(`${url.protocol}//${domain}`)
    : undefined;
  const areBothLoopback = LOOPBACK.has(url.hostname) && LOOPBACK.has(signed?.hostname ?? "");
  return areBothLoopback && signed?.port === url.port;
}

/** The wallet's signature over a text, in base58. */
export function signatureOver(wallet: Identity, text: string): string {
  return base58.encode(wallet.sign(Buffer.from(text, "utf8")));
}

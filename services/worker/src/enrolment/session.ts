import type { EnrolmentApi, SessionAnswer } from "@flock/enrolment";
import { FlockError } from "@flock/errors";
import { isIdentityId, natsKeyOf, type Signer } from "@flock/keys";
import { credentialsText } from "@flock/mesh";
import { sessionText } from "@flock/orders";
import { z } from "zod";

/** A JWT is three words of base64url: nothing else gets into the text of credentials. */
const JWT = /^[\w-]+\.([\w-]+)\.[\w-]+$/;
const claims = z.object({ name: z.string(), sub: z.string(), iat: z.number(), exp: z.number() });
const NATS_PROTOCOL = /^(nats|tls|wss?):$/;

/** What the worker is let in with on NATS, for a while. */
export interface WorkerSession {
  /** For a `CredentialProvider`; secret. */
  readonly credentials: string;
  /** How long the JWT is good, by the clock of who has issued it. */
  readonly lifeMs: number;
  readonly natsUrls: readonly string[];
  /** Keys (base58) that the network signs tickets and commands with. */
  readonly meshKeys: readonly string[];
}

/** Who asks for a session. */
export interface SessionOwner {
  /** Its wallet's address. */
  readonly workerId: string;
  readonly workKey: Signer;
  /** Seed of a NATS user. It stays here: NATS is only shown signatures by it. */
  readonly sessionSeed: string;
}

/**
 * Has the api let a session in.
 * @throws FlockError what the api refuses it with; `failed_precondition` for an answer that cannot be for this worker
 */
export async function openSession(api: EnrolmentApi, owner: SessionOwner): Promise<WorkerSession> {
  const { workKey, sessionSeed } = owner;
  const session = natsKeyOf(sessionSeed).publicKey;
  const text = sessionText({ key: workKey.id, session, issuedMs: Date.now() });
  const answer = await api.openSession({ text, signature: workKey.sign(Buffer.from(text, "utf8")) });
  const fault = faultOf(answer, owner.workerId, session);
  if (typeof fault === "string")
    throw new FlockError("failed_precondition", `${api.origin} answers ${fault}`);
  return {
    credentials: credentialsText(answer.jwt, sessionSeed),
    lifeMs: fault.lifeMs,
    natsUrls: answer.nats_urls,
    meshKeys: answer.mesh_keys,
  };
}

/** What is wrong with an answer, without a word of its JWT; else how long the JWT is good. */
function faultOf(answer: SessionAnswer, workerId: string, session: string): string | { lifeMs: number } {
  if (answer.worker_id !== workerId) return "for another worker";
  const badUrl = answer.nats_urls.find((url) => !isNatsUrl(url));
  if (badUrl !== undefined) return `with ${JSON.stringify(badUrl.slice(0, 100))}, which is no URL of NATS`;
  if (!answer.mesh_keys.every(isIdentityId)) return "with a mesh key that is none";
  const jwt = claimsOf(answer.jwt);
  if (jwt === undefined) return "with what is no JWT of a NATS user that ends";
  if (jwt.sub !== session) return "with a JWT for another key";
  if (jwt.name !== workerId) return "with a JWT for another worker";
  return { lifeMs: (jwt.exp - jwt.iat) * 1_000 };
}

function isNatsUrl(text: string): boolean {
  // A comma would make two of it.
  if (!URL.canParse(text) || /[\s,]/.test(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  return NATS_PROTOCOL.test(protocol) && hostname !== "" && username === "" && password === "";
}

/** By whom it is signed, nats-server checks. */
function claimsOf(jwt: string): z.output<typeof claims> | undefined {
  const [, body] = JWT.exec(jwt) ?? [];
  if (body === undefined) return undefined;
  try {
    const read = claims.parse(JSON.parse(Buffer.from(body, "base64url").toString("utf8")));
    return read.exp > read.iat ? read : undefined;
  } catch {
    return undefined;
  }
}

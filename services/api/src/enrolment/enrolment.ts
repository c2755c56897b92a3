import { randomBytes } from "node:crypto";
import { verifySignature } from "@flock/keys";
import type { BansView, Clock, StandingsView } from "@flock/mesh";
import {
  type Fault,
  faultOfDelegation,
  faultOfSessionRequest,
  isSignedBy,
  readDelegation,
  readSessionRequest,
} from "@flock/orders";
import { base58 } from "@scure/base";
import type { OpenLimits } from "../limits/open-limits.js";
import type { ApiMetrics } from "../metrics.js";
import type { ChallengeStore } from "../store/challenge-store.js";
import type { DelegationStore, KeptDelegation } from "../store/delegation-store.js";
import { EnrolmentRefusal } from "./refusal.js";
import { bannedFor, type IssuedSession, type SessionIssuer } from "./session-issuer.js";

const CHALLENGE_LIFETIME_MS = 5 * 60_000;
const CHALLENGE_BYTES = 16;

export interface EnrolmentOptions {
  readonly challenges: Pick<ChallengeStore, "add">;
  readonly delegations: Pick<DelegationStore, "keep" | "find">;
  readonly bans: Pick<BansView, "find">;
  readonly standings: Pick<StandingsView, "find" | "isConvicted">;
  readonly issuer: Pick<SessionIssuer, "requireOpen" | "issue">;
  readonly openLimits: Pick<OpenLimits, "admitWallet" | "admitWorkerKey">;
  /** Of this API, as its users know it: a delegation is for its origin alone. */
  readonly publicUrl: () => string;
  /** How long a session lasts, unless its delegation lapses before. */
  readonly sessionSeconds: number;
  readonly entry: NetworkEntry;
  readonly metrics: Pick<ApiMetrics, "workerDelegated" | "workerSession" | "enrolmentRefused">;
  readonly clock: Clock;
}

/** For the text that a wallet signs. */
export interface WorkerChallenge {
  readonly challenge: string;
  /** Origin of this api. */
  readonly api: string;
  readonly expiresUnixMs: number;
}

/** What a worker has to know of the network that it is let in to. */
export interface NetworkEntry {
  /** Where NATS is, by different ways. */
  readonly natsUrls: readonly string[];
  /** Public keys that tickets and commands are signed with, in base58. */
  readonly meshKeys: readonly string[];
}

/** A session of a worker on NATS, and all that it needs there. */
export interface WorkerSession extends IssuedSession, NetworkEntry {
  readonly workerId: string;
  readonly payout: string;
}

/** A text, and who says that he signed it. */
interface Signed {
  readonly text: string;
  readonly signature: Uint8Array;
}

type Step = Parameters<ApiMetrics["enrolmentRefused"]>[0];

/**
 * How a stranger becomes a worker: its wallet lets a key of its process work in its name, once in a while, and that key
 * asks for sessions on NATS, again and again. Whoever has no text that the right key has signed gets nothing.
 *
 * All methods throw FlockErrors: an {@link EnrolmentRefusal}, `resource_exhausted` if a wallet or a key signs too much,
 * `unavailable` if the database is away.
 */
export class Enrolment {
  readonly #options: EnrolmentOptions;

  constructor(options: EnrolmentOptions) {
    this.#options = options;
  }

  /** Gives out a word for the text of this wallet: it is good once, within five minutes, at whichever api process. */
  challenge(wallet: string): Promise<WorkerChallenge> {
    return this.#counting("challenge", async () => {
      const expiresUnixMs = this.#options.clock.unixMs() + CHALLENGE_LIFETIME_MS;
      const challenge = base58.encode(randomBytes(CHALLENGE_BYTES));
      await this.#options.challenges.add(challenge, wallet, new Date(expiresUnixMs));
      return { challenge, api: this.#origin, expiresUnixMs };
    });
  }

  /** Keeps what a wallet has signed. The same text again is no error. */
  delegate(signed: Signed): Promise<KeptDelegation> {
    return this.#counting("delegation", async () => {
      const { delegations, openLimits, metrics } = this.#options;
      const { challenge, ...delegation } = this.#readDelegation(signed.text);
      const { wallet, key } = delegation;
      if (!isSignedBy(wallet, signed.text, signed.signature)) throw notSignedBy(wallet);
      openLimits.admitWallet(wallet);
      this.#requireNotShutOut(wallet);
      const kept = await delegations.keep({ ...delegation, ...signed }, challenge);
      if (kept === "challenge")
        throw new EnrolmentRefusal(
          "challenge",
          "the challenge was not given to this wallet, has lapsed, or was used: ask for a new one",
        );
      if (kept === "taken")
        throw new EnrolmentRefusal("taken", `key: another wallet has delegated to ${key}: make a new one`);
      metrics.workerDelegated();
      return { ...delegation, ...signed };
    });
  }

  /** Lets the worker's session in whose key has signed the text. */
  openSession({ text, signature }: Signed): Promise<WorkerSession> {
    return this.#counting("session", async () => {
      const { clock, delegations, entry, issuer, openLimits, metrics, sessionSeconds } = this.#options;
      const request = readOrRefuse(text, readSessionRequest);
      const fault = faultOfSessionRequest(request, clock.unixMs());
      if (fault !== undefined) throw new EnrolmentRefusal("clock", fault);
      const { key, session } = request;
      if (!verifySignature(key, Buffer.from(text), signature)) throw notSignedBy(key);
      openLimits.admitWorkerKey(key);
      const delegation = await delegations.find(key);
      if (delegation === undefined)
        throw new EnrolmentRefusal("unknown", `no wallet has delegated to ${key} here: delegate to it`);
      const { wallet: workerId, payout, expiresAt } = delegation;
      const secondsLeft = Math.floor((expiresAt.getTime() - clock.unixMs()) / 1_000);
      if (secondsLeft < 1) throw lapsed(expiresAt);
      this.#requireNotShutOut(workerId);
      const lifeSeconds = Math.min(sessionSeconds, secondsLeft);
      const issued = await issuer.issue({ workerId, session, lifeSeconds });
      metrics.workerSession();
      return { workerId, payout, ...issued, ...entry };
    });
  }

  #readDelegation(text: string) {
    const { api, issuedMs, expiresMs, ...delegation } = readOrRefuse(text, readDelegation);
    const nowMs = this.#options.clock.unixMs();
    const expiresAt = new Date(expiresMs);
    if (expiresMs <= nowMs) throw lapsed(expiresAt);
    const fault = faultOfDelegation({ issuedMs, expiresMs }, nowMs);
    if (fault !== undefined) throw new EnrolmentRefusal("clock", fault);
    if (api !== this.#origin)
      throw new EnrolmentRefusal("origin", `api: the text is for ${api}, and this is ${this.#origin}`);
    return { ...delegation, expiresAt };
  }

  get #origin(): string {
    return new URL(this.#options.publicUrl()).origin;
  }

  /** Who is quarantined enrols as ever: the jobs that can clear it need it here. */
  #requireNotShutOut(wallet: string): void {
    const { bans, standings } = this.#options;
    const ban = bans.find(wallet);
    if (ban !== undefined) throw bannedFor(ban);
    if (standings.isConvicted(wallet)) throw convictedFor(standings.find(wallet)?.reason ?? "");
  }

  async #counting<T>(step: Step, work: () => Promise<T>): Promise<T> {
    try {
      this.#options.issuer.requireOpen();
      return await work();
    } catch (thrown) {
      if (thrown instanceof EnrolmentRefusal) this.#options.metrics.enrolmentRefused(step, thrown.reason);
      throw thrown;
    }
  }
}

function readOrRefuse<Read extends object>(text: string, read: (text: string) => Read | Fault): Read {
  const found = read(text);
  if ("fault" in found) throw new EnrolmentRefusal("text", found.fault);
  return found;
}

function notSignedBy(id: string): EnrolmentRefusal {
  return new EnrolmentRefusal("signature", `the signature is not that of ${id} under this text`);
}

function convictedFor(reason: string): EnrolmentRefusal {
  const why = reason === "" ? "" : `: ${reason}`;
  return new EnrolmentRefusal("convicted", `the verifier found this wallet's worker to cheat${why}`);
}

function lapsed(at: Date): EnrolmentRefusal {
  return new EnrolmentRefusal("lapsed", `the delegation lapsed at ${at.toISOString()}: delegate anew`);
}

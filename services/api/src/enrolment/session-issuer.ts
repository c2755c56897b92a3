import { issueWorker, readIssuer, readUser } from "@flock/access";
import { type BansView, type Mesh, rememberWorkerSession, workerSessions } from "@flock/mesh";
import type { Logger } from "@flock/observability";
import { EnrolmentRefusal } from "./refusal.js";

/**
 * Sessions of one worker that are remembered at once, renewed ones counted once. To revoke them, each has to fit into
 * the account's JWT, and that into one message of nats-server: else whoever takes enough sessions cannot be revoked.
 * Each api process counts by itself: several that are asked at the same moment can let one more in each.
 */
export const SESSIONS_MAX = 256;
const TOO_MANY_RETRY_MS = 10 * 60_000;

export interface SessionIssuerOptions {
  readonly mesh: Mesh;
  readonly bans: Pick<BansView, "read">;
  /** File with what sessions are signed with, from `flock admin access issuer`; undefined: nothing is issued. */
  readonly file: string | undefined;
  readonly logger: Logger;
}

/** What a worker is let in with on NATS. */
export interface IssuedSession {
  readonly jwt: string;
  readonly expiresUnixMs: number;
}

/** Whose session is issued, and for how long. */
export interface SessionGrant {
  readonly workerId: string;
  /** Public key of the session. */
  readonly session: string;
  readonly lifeSeconds: number;
}

/** Issues workers' sessions on NATS, each of which can be revoked from then on. */
export class SessionIssuer {
  readonly #options: SessionIssuerOptions;
  /** By worker, the last of its requests whose session is being remembered. */
  readonly #turns = new Map<string, Promise<void>>();

  private constructor(options: SessionIssuerOptions) {
    this.#options = options;
  }

  /** @throws what `readIssuer` throws: a file that cannot be used is better heard of now than by workers */
  static async open(options: SessionIssuerOptions): Promise<SessionIssuer> {
    if (options.file !== undefined) await readIssuer(options.file);
    return new SessionIssuer(options);
  }

  /** @throws EnrolmentRefusal `closed` if no worker enrols here */
  requireOpen(): string {
    const { file } = this.#options;
    if (file === undefined) throw new EnrolmentRefusal("closed", "this api enrols no workers");
    return file;
  }

  /**
   * The session is remembered first, and only then it is asked whether the worker is banned. Who bans a worker puts the
   * ban down first, and only then asks which sessions there are. So one of the two sees the other.
   *
   * The file is read for each session: a key that was rotated is used at once.
   * @throws EnrolmentRefusal `banned`, `sessions`, `closed`, `away`
   */
  async issue({ workerId, session, lifeSeconds }: SessionGrant): Promise<IssuedSession> {
    const file = this.requireOpen();
    const { mesh, bans } = this.#options;
    await this.#inTurn(workerId, async () => {
      const known = await this.#present("NATS", () => workerSessions(mesh, workerId));
      if (known.length >= SESSIONS_MAX && !known.includes(session)) throw tooManySessions();
      await this.#present("NATS", () => rememberWorkerSession(mesh, workerId, session));
    });
    const ban = await this.#present("NATS", () => bans.read(workerId));
    if (ban !== undefined) throw bannedFor(ban);
    const jwt = await this.#present("the issuer", async () =>
      issueWorker(await readIssuer(file), { workerId, sessionKey: session, lifeSeconds }),
    );
    const { expiresUnixMs = 0 } = readUser(jwt);
    return { jwt, expiresUnixMs };
  }

  /** One at a time of a worker: requests that come at once would all count the same sessions, and none the others'. */
  async #inTurn(workerId: string, work: () => Promise<void>): Promise<void> {
    const before = this.#turns.get(workerId) ?? Promise.resolve();
    const turn = before.then(work, work);
    this.#turns.set(workerId, turn);
    try {
      await turn;
    } finally {
      if (this.#turns.get(workerId) === turn) this.#turns.delete(workerId);
    }
  }

  /** Whatever goes wrong is ours, and passes: the worker has been checked before. */
  async #present<T>(what: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (err) {
      this.#options.logger.error({ err }, `no session can be issued: ${what} cannot be used`);
      throw new EnrolmentRefusal("away", "no session can be issued at the moment, please try again", {
        cause: err,
      });
    }
  }
}

function tooManySessions(): EnrolmentRefusal {
  const message = `this worker has had ${SESSIONS_MAX} sessions within a day: renew one of them`;
  return new EnrolmentRefusal("sessions", message, { retry: { afterMs: TOO_MANY_RETRY_MS } });
}

/** What a banned wallet is told. */
export function bannedFor({ reason }: { readonly reason: string }): EnrolmentRefusal {
  return new EnrolmentRefusal("banned", `this wallet is banned${reason === "" ? "" : `: ${reason}`}`);
}

import { Socket } from "node:net";
import { FlockError } from "@flock/errors";
import pg from "pg";

/** What the driver makes of `sslmode` and its like: false: in the clear; true: verified with what Node trusts. */
type Tls = boolean | { readonly rejectUnauthorized?: boolean; readonly checkServerIdentity?: unknown };

/**
 * A connection is verified, or it is in the clear because somebody said so. One that is encrypted and not verified
 * looks safe, and whoever stands in between can read it.
 */
function requireVerified(tls: Tls): void {
  if (typeof tls === "boolean") return;
  if (tls.rejectUnauthorized !== false && tls.checkServerIdentity === undefined) return;
  throw new FlockError(
    "invalid_argument",
    "the database's certificate would not be verified: use sslmode=verify-full, with sslrootcert=<file> for an authority of your own",
  );
}

/**
 * A client that gives its connection up when the server has not answered for `silenceMs`: a silent server would not
 * cancel a statement either. Queries under way fail with code ETIMEDOUT.
 *
 * There is one timer for each connection, and it holds no query. The driver's own `query_timeout` makes a timer for
 * each query. Such timers keep the values of finished queries until a major garbage collection, and the heap of a busy
 * ledger grows by them.
 *
 * Its constructor throws FlockError `invalid_argument` where TLS would not verify the server, wherever that is said: in
 * the URL, or in PGSSLMODE.
 */
export function watchedClient(silenceMs: number): new (config?: pg.ClientConfig) => pg.Client {
  return class WatchedClient extends pg.Client {
    #isWaiting = false;
    #timer: NodeJS.Timeout | undefined;

    constructor(config: pg.ClientConfig = {}) {
      const socket = new Socket();
      super({ ...config, stream: () => socket });
      // CAST: the driver's types know no more than true and false.
      requireVerified(this.ssl as Tls);
      const giveUp = (): void => {
        if (!this.#isWaiting) return;
        const error = new Error(`no answer from the database within ${silenceMs} ms`);
        socket.destroy(Object.assign(error, { code: "ETIMEDOUT" }));
      };
      const watch = (): void => {
        this.#isWaiting = true;
        this.#timer = this.#timer?.refresh() ?? setTimeout(giveUp, silenceMs).unref();
      };
      const { query } = this;
      this.query = ((...asked: unknown[]): unknown => {
        watch();
        return Reflect.apply(query, this, asked);
      }) as typeof query;
      // Everything that was asked is answered.
      this.on("drain", () => {
        this.#isWaiting = false;
      });
      this.once("end", () => clearTimeout(this.#timer));
    }
  };
}

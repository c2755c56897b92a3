import { Socket } from "node:net";
import pg from "pg";

/**
 * A client whose connection is given up when the server has not answered for `silenceMs`: one that went silent would
 * not cancel a statement either. What was asked fails with code ETIMEDOUT.
 *
 * One timer for each connection, which knows nothing of what was asked. The driver's own `query_timeout` makes one for
 * each query, and through those the values of queries long finished were kept until a major collection of garbage: most
 * of what a ledger that settles made its heap grow by.
 */
export function watchedClient(silenceMs: number): new (config?: pg.ClientConfig) => pg.Client {
  return class WatchedClient extends pg.Client {
    #isWaiting = false;
    #timer: NodeJS.Timeout | undefined;

    constructor(config: pg.ClientConfig = {}) {
      const socket = new Socket();
      super({ ...config, stream: () => socket });
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

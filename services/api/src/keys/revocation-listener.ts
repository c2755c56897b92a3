import { databaseError, watchedClient } from "@flock/database";
import { delay, type Part, waitAtMost } from "@flock/mesh";
import type { Logger } from "@flock/observability";
import type pg from "pg";
import { REVOCATION_CHANNEL } from "../store/key-store.js";

export interface RevocationListenerOptions {
  readonly databaseUrl: string;
  readonly logger: Logger;
  /** A key was revoked. */
  readonly onRevoked: (keyId: string) => void;
  /** Listening (again): whatever was revoked before this moment may have been missed. */
  readonly onListening: () => void;
}

const RECONNECT_MS = 200;
/** A connection that is dead without having said so (a frozen server, a lost route) is noticed within two of these. */
const PROBE_INTERVAL_MS = 2_000;
const Client = watchedClient(PROBE_INTERVAL_MS);

/**
 * Hears of revoked keys from Postgres (LISTEN) on a connection of its own, within milliseconds of the commit, for as
 * long as it runs; reconnects for ever. Not ready while it cannot hear.
 */
export class RevocationListener implements Part {
  readonly name = "key revocation listener";
  readonly #options: RevocationListenerOptions;
  #isListening = false;

  constructor(options: RevocationListenerOptions) {
    this.#options = options;
  }

  notReady(): string | undefined {
    return this.#isListening ? undefined : "not connected to Postgres";
  }

  async start(stop: AbortSignal): Promise<void> {
    const { logger } = this.#options;
    for (let failures = 0; !stop.aborted; failures++) {
      try {
        await this.#listen(stop, () => {
          failures = 0;
        });
      } catch (thrown) {
        const { cause, message } = databaseError(thrown);
        if (failures % 50 === 0) logger.warn({ err: cause ?? message }, "cannot hear of revoked keys");
      }
      await delay(RECONNECT_MS, stop);
    }
  }

  /** Returns when stopped; throws when the connection is lost. */
  async #listen(stop: AbortSignal, onConnected: () => void): Promise<void> {
    const client = new Client({
      connectionString: this.#options.databaseUrl,
      application_name: "api revocations",
      connectionTimeoutMillis: PROBE_INTERVAL_MS,
      keepAlive: true,
    });
    const lost = new AbortController();
    client.on("error", () => lost.abort());
    client.on("end", () => lost.abort());
    client.on("notification", ({ payload }) => this.#options.onRevoked(payload ?? ""));
    const end = AbortSignal.any([stop, lost.signal]);
    try {
      await client.connect();
      await client.query(`LISTEN ${REVOCATION_CHANNEL}`);
      onConnected();
      this.#isListening = true;
      this.#options.onListening();
      while (!end.aborted) {
        await delay(PROBE_INTERVAL_MS, end);
        if (!end.aborted) await client.query("SELECT 1");
      }
    } finally {
      this.#isListening = false;
      await closed(client);
    }
  }
}

/** Ends the connection politely if the server still answers, else without it. */
async function closed(client: pg.Client): Promise<void> {
  await waitAtMost(
    client.end().catch(() => {}),
    500,
  );
}

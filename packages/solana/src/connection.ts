import { Connection } from "@solana/web3.js";
import { boundedFetch } from "./bounded-fetch.js";

/**
 * A client of a Solana JSON-RPC endpoint, for polling: none of its helpers that confirm or subscribe is to be used, for
 * they open a websocket, which would reconnect for ever and keep the process alive. A 429 is an error like any other.
 * An answer that takes longer than `timeoutMs` is none.
 */
export function openConnection(url: string, timeoutMs: number): Connection {
  return new Connection(url, {
    commitment: "confirmed",
    disableRetryOnRateLimit: true,
    fetch: boundedFetch(timeoutMs),
  });
}

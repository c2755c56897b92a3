import { type ReservesReply, TREASURY } from "@flock/proto/treasury";
import { LRUCache } from "lru-cache";
import type { MeshServices } from "../mesh-services.js";

/** The treasury asks the chain and signs for each; anybody may ask us. */
const KEPT_MS = 2_000;

/** What the treasury holds and what is owed, signed by its key. At most two seconds old. */
export class ReserveProofs {
  readonly #kept: LRUCache<"reserves", ReservesReply>;

  constructor(services: MeshServices) {
    this.#kept = new LRUCache({
      max: 1,
      ttl: KEPT_MS,
      fetchMethod: () => services.ask(TREASURY.reserves, {}),
    });
  }

  read(): Promise<ReservesReply> {
    return this.#kept.forceFetch("reserves");
  }
}

import { TREASURY_METHODS } from "@flock/calls";
import type { ReservesReply } from "@flock/proto";
import type { MeshServices } from "../mesh-services.js";
import { Kept } from "./kept.js";

/** The treasury asks the chain and signs for each; anybody may ask us. */
const KEPT_MS = 2_000;

/** What the treasury holds and what is owed, signed by its key. At most two seconds old. */
export class ReserveProofs {
  readonly #kept: Kept<ReservesReply>;

  constructor(services: MeshServices) {
    this.#kept = new Kept(() => services.ask(TREASURY_METHODS.reserves, {}), KEPT_MS);
  }

  read(): Promise<ReservesReply> {
    return this.#kept.value();
  }
}

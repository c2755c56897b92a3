import { FlockError } from "@flock/errors";
import { type Epoch, EpochState as WireState } from "@flock/proto/ledger";
import type { EpochRecord, EpochState } from "./store/epochs.js";

const WIRE_STATES: Readonly<Record<EpochState, WireState>> = {
  open: WireState.OPEN,
  ended: WireState.ENDED,
  closing: WireState.CLOSING,
  closed: WireState.CLOSED,
  anchored: WireState.ANCHORED,
};

/** The wire form of an epoch. */
export function epochMessage(epoch: EpochRecord): Epoch {
  return {
    number: Number(epoch.number),
    state: WIRE_STATES[epoch.state],
    startsUnixMs: epoch.startsMs,
    endsUnixMs: epoch.endsMs,
    closesUnixMs: epoch.closesMs,
    parametersVersion: epoch.parameters.version,
    statementRoot: epoch.root ?? new Uint8Array(),
    statementLines: Number(epoch.lines ?? 0n),
    anchorSignature: epoch.anchorSignature ?? "",
  };
}

/** @throws FlockError `invalid_argument` for a state that does not exist. */
export function epochStateFrom(wire: WireState): EpochState {
  for (const state of ["open", "ended", "closing", "closed", "anchored"] as const) {
    if (WIRE_STATES[state] === wire) return state;
  }
  throw new FlockError("invalid_argument", `${wire} is not a state of epochs`);
}

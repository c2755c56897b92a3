import { FlockError } from "@flock/errors";
import { method, type ServedMethod } from "@flock/mesh";
import { PROTOCOL_VERSION } from "@flock/proto";
import { Epoch, EpochState, LEDGER } from "@flock/proto/ledger";
import { cursorOf, pageOf } from "./fake-pages.js";

const version = PROTOCOL_VERSION;
export const EPOCH_STARTS_MS = Date.parse("2026-11-22T00:00:00Z");
const EPOCH_MS = 60_000;

/** A fake of the ledger's epochs: the oldest is anchored, the newest is open, and those between wait to be closed. */
export class FakeEpochs {
  /** How many there are. */
  count = 3;
  /** Portions of the statement of epoch 0. */
  statement: readonly (readonly string[])[] = [
    ["a", "b", "c", "d"],
    ["e", "f", "g"],
  ];
  /** The portion that cannot be read at the moment. */
  unreadable: number | undefined;
  statementCalls = 0;

  methods(): readonly ServedMethod[] {
    return [
      method(LEDGER.epochs, (request) => {
        const all = Array.from({ length: this.count }, (_, index) => this.#epoch(this.count - 1 - index));
        // One above the number: 0 cannot be a cursor.
        const { items, nextCursor } = pageOf(all, request, ({ number }) => BigInt(number) + 1n);
        return { version, epochs: items, nextCursor };
      }),
      method(LEDGER.epoch, ({ epoch }) => ({ version, epoch: this.#find(epoch) })),
      method(LEDGER.epochStatement, ({ epoch, cursor }) => {
        this.statementCalls += 1;
        if (this.#find(epoch).statementRoot.length === 0)
          throw new FlockError("failed_precondition", `epoch ${epoch} is not closed`);
        const portion = Number(cursorOf(cursor) ?? 0n);
        if (portion === this.unreadable) throw new FlockError("unavailable", "the statement cannot be read");
        const lines = this.statement[portion];
        if (lines === undefined) throw new FlockError("invalid_argument", "cursor is not one of ours");
        const isLast = portion + 1 >= this.statement.length;
        return { version, lines: [...lines], nextCursor: isLast ? "" : String(portion + 1) };
      }),
    ];
  }

  #find(number: number): Epoch {
    if (number >= this.count) throw new FlockError("not_found", `there is no epoch ${number}`);
    return this.#epoch(number);
  }

  #epoch(number: number): Epoch {
    const times = {
      startsUnixMs: EPOCH_STARTS_MS + number * EPOCH_MS,
      endsUnixMs: EPOCH_STARTS_MS + (number + 1) * EPOCH_MS,
      closesUnixMs: EPOCH_STARTS_MS + (number + 2) * EPOCH_MS,
    };
    const epoch = Epoch.fromPartial({ number, parametersVersion: 1, ...times });
    if (number === this.count - 1) return { ...epoch, state: EpochState.OPEN };
    if (number > 0) return { ...epoch, state: EpochState.ENDED };
    return {
      ...epoch,
      state: EpochState.ANCHORED,
      statementRoot: Buffer.alloc(32, 0xab),
      statementLines: this.statement.flat().length,
      anchorSignature: "anchor",
    };
  }
}

import { FlockError } from "@flock/errors";
import {
  ASKED_AGAIN_MAX,
  agreedEnd,
  certainEnd,
  endReading,
  isMiss,
  kindest,
  type Reading,
  type RefereeNamed,
  type Sampling,
  tokenReading,
} from "@flock/evidence";
import type { PrivacyLabel } from "@flock/jobs";
import type { CatalogueEntry } from "@flock/proto/catalogue";
import type { JobMaterialReply } from "@flock/proto/verifier";
import { tokensBefore, type VouchedAnswer } from "../domain/material.js";
import { runIdOf } from "../domain/run-id.js";
import type { OpenCheck, StoredReading } from "../store/checks.js";
import type { RefereeAnswer, RefereeRuns } from "./referee-runs.js";
import type { Referees, Seat } from "./referees.js";

/** A place of an answer that is asked about. */
export interface Place {
  readonly kind: "token" | "end";
  readonly offset: number;
}

/** What a panel reads. */
export interface Case {
  readonly check: OpenCheck;
  readonly material: JobMaterialReply;
  readonly answer: VouchedAnswer;
  readonly sampling: Sampling;
  readonly entry: CatalogueEntry;
  readonly places: readonly Place[];
  /** How the prompt came to the job's own worker. */
  readonly privacyMin: PrivacyLabel;
}

export interface PanelOptions {
  readonly runs: RefereeRuns;
  readonly referees: Referees;
  readonly protocolIds: ReadonlySet<string>;
  /** What was read before this process took the check up. */
  readonly known: readonly StoredReading[];
  readonly keep: (reading: StoredReading) => Promise<void>;
  /** Nobody is asked any more. */
  readonly stop: AbortSignal;
  readonly onRun: (outcome: "read" | "failed" | "related") => void;
}

/** What the referees have said together. */
export interface PanelResult {
  /** Of each place that was read the reading that is kindest to the worker. */
  readonly readings: readonly Reading[];
  readonly referees: readonly RefereeNamed[];
  /** Something speaks against the worker, and none of the protocol's own has read that. */
  readonly isUnconfirmed: boolean;
  readonly counted: ReadonlyMap<string, { readings: number; disagreements: number }>;
}

interface Heard {
  readonly place: Place;
  readonly by: string;
  readonly reading: Reading;
}

/**
 * First a stranger reads all places. What speaks against the worker is read again by one of the protocol's own. Of a
 * worker in quarantine three read every place: two strangers and one of the protocol's own.
 */
export class Panel {
  readonly #case: Case;
  readonly #options: PanelOptions;
  readonly #heard: Heard[] = [];

  constructor(toRead: Case, options: PanelOptions) {
    this.#case = toRead;
    this.#options = options;
  }

  async read(isQuarantined: boolean): Promise<PanelResult> {
    const { referees } = this.#options;
    const { places } = this.#case;
    const first = referees.stranger(0, new Set()) ?? referees.protocol(0, new Set());
    if (first !== undefined) await this.#readAll(first, places);
    if (isQuarantined) {
      const second = referees.stranger(1, this.#readers());
      if (second !== undefined) await this.#readAll(second, places);
    }
    const again = isQuarantined ? places : places.filter((place) => this.#isMissed(place));
    const unconfirmed = again.filter((place) => !this.#isReadByOwn(place));
    const own = referees.protocol(2, this.#readers());
    if (own !== undefined) await this.#readAll(own, unconfirmed);
    return this.#result();
  }

  async #readAll(seat: Seat, places: readonly Place[]): Promise<void> {
    // One after the other, each behind more of the text: so its engine reads no text twice.
    for (const place of places) {
      if (this.#options.stop.aborted) throw new FlockError("cancelled", "the verifier stops");
      await this.#read(seat, place);
    }
  }

  async #read(seat: Seat, place: Place): Promise<void> {
    const { check } = this.#case;
    const { known, keep, onRun } = this.#options;
    const readingId = runIdOf({ jobId: check.jobId, ...place, seat: seat.number, question: 0 });
    const before = known.find(({ runId }) => runId === readingId);
    if (before !== undefined) {
      this.#heard.push({ place, by: before.refereeId, reading: before.reading });
      return;
    }
    const told = await this.#ask(seat, place);
    if (told === undefined) return onRun("failed");
    const { refereeId, payeeId, reading } = told;
    // It is paid by the same owner: only its receipt tells.
    if (payeeId === check.payeeId && !this.#options.protocolIds.has(refereeId)) return onRun("related");
    onRun("read");
    await keep({ runId: readingId, refereeId, payeeId, reading });
    this.#heard.push({ place, by: refereeId, reading });
  }

  /** Asks until somebody tells choices, or ends there again and again. Undefined: nobody answered. */
  async #ask(seat: Seat, place: Place): Promise<(RefereeAnswer & { readonly reading: Reading }) | undefined> {
    const { check, material, answer, entry, privacyMin } = this.#case;
    const { runs, stop } = this.#options;
    const { jobId } = check;
    const { tokens, tokensMax } = tokensBefore(material.pieces, place.offset);
    const text = answer.text.slice(0, place.offset);
    const { operation, requestJson, promptTokens } = material;
    const begun = { text, thinking: answer.thinking, tokens, tokensMax, promptTokens };
    for (let question = 0; ; question++) {
      const runId = runIdOf({ jobId, ...place, seat: seat.number, question });
      const said = await runs.run({
        ...{ runId, operation, entry, requestJson, question, begun, seat, privacyMin, stop },
      });
      if (said === undefined) return undefined;
      const reading = this.#readingOf(place, said);
      if (reading !== undefined) return { ...said, reading };
      if (question === ASKED_AGAIN_MAX) return { ...said, reading: certainEnd(place.offset) };
    }
  }

  /** Undefined: the referee ended where the answer goes on, and told no choice. */
  #readingOf({ kind, offset }: Place, { choices }: RefereeAnswer): Reading | undefined {
    if (kind === "end") return choices === undefined ? agreedEnd(offset) : endReading(choices, offset);
    if (choices === undefined) return undefined;
    return tokenReading(choices, { offset, rest: this.#case.answer.text.slice(offset) });
  }

  #readers(): ReadonlySet<string> {
    return new Set(this.#heard.map(({ by }) => by));
  }

  #of(place: Place): Heard[] {
    return this.#heard.filter(
      ({ place: { kind, offset } }) => kind === place.kind && offset === place.offset,
    );
  }

  #kindest(place: Place): Reading | undefined {
    const [first, ...others] = this.#of(place).map(({ reading }) => reading);
    return first === undefined ? undefined : kindest([first, ...others]);
  }

  #isMissed(place: Place): boolean {
    const reading = this.#kindest(place);
    return reading !== undefined && isMiss(reading, this.#case.sampling);
  }

  #isReadByOwn(place: Place): boolean {
    return this.#of(place).some(({ by }) => this.#options.protocolIds.has(by));
  }

  #result(): PanelResult {
    const { places, sampling } = this.#case;
    const counted = new Map<string, { readings: number; disagreements: number }>();
    for (const place of places) {
      const heard = this.#of(place);
      const missed = heard.filter(({ reading }) => isMiss(reading, sampling)).length;
      for (const { by, reading } of heard) {
        const others = isMiss(reading, sampling) ? heard.length - missed : missed;
        const isAlone = heard.length >= 3 && others === heard.length - 1;
        const before = counted.get(by) ?? { readings: 0, disagreements: 0 };
        counted.set(by, {
          readings: before.readings + 1,
          disagreements: before.disagreements + (isAlone ? 1 : 0),
        });
      }
    }
    return {
      readings: places.flatMap((place) => this.#kindest(place) ?? []),
      referees: [...this.#readers()].map((id) => ({ id, isProtocol: this.#options.protocolIds.has(id) })),
      isUnconfirmed: places.some((place) => this.#isMissed(place) && !this.#isReadByOwn(place)),
      counted,
    };
  }
}

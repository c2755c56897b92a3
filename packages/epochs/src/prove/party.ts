import { FlockError } from "@flock/errors";
import type {
  AccountLine,
  JobLine,
  StakerLine,
  StatementLine,
  WorkerLine,
} from "../statement/statement-line.js";

/** Whose amounts are proven. */
export interface Party {
  readonly kind: "worker" | "staker" | "account";
  readonly id: string;
}

/** A party's amounts as its statement line has them. */
export type PartyLine = WorkerLine | StakerLine | AccountLine;

/** The line of the party itself, if `line` is it. */
export function lineOfParty(line: StatementLine, { kind, id }: Party): PartyLine | undefined {
  if (line.kind !== kind) return undefined;
  switch (line.kind) {
    case "worker":
      return line.worker === id ? line : undefined;
    case "staker":
      return line.staker === id ? line : undefined;
    case "account":
      return line.account === id ? line : undefined;
    default:
      return undefined;
  }
}

/** Adds up the jobs of one party, to be compared with its line. */
export class PartyJobs {
  readonly #party: Party;
  #jobs = 0n;
  #jobsClawedBack = 0n;
  #protocolShare = 0n;
  #vest = 0n;
  #charge = 0n;

  constructor(party: Party) {
    this.#party = party;
  }

  /** Of all jobs, clawed back or not. */
  get count(): number {
    return Number(this.#jobs + this.#jobsClawedBack);
  }

  add(job: JobLine): void {
    this.#charge += job.charge;
    if (job.isClawedBack) {
      this.#jobsClawedBack += 1n;
      return;
    }
    this.#jobs += 1n;
    this.#protocolShare += job.protocolShare;
    this.#vest += job.workerShare;
  }

  /**
   * Compares what was added up with the party's line.
   * @throws FlockError `not_found` for a party that the statement does not name, `invalid_argument` when its jobs and
   *   its line differ.
   */
  expect(line: PartyLine | undefined): PartyLine {
    const { kind, id } = this.#party;
    if (line === undefined) {
      if (this.count === 0) throw new FlockError("not_found", `the statement has no ${kind} ${id}`);
      throw refusal(`the ${kind} ${id} has ${this.count} jobs but no line`);
    }
    if (line.kind === "worker") {
      expectEqual(`jobs of ${id}`, line.jobs, this.#jobs);
      expectEqual(`jobs clawed back of ${id}`, line.jobsClawedBack, this.#jobsClawedBack);
      expectEqual(`protocol share of ${id}`, line.protocolShare, this.#protocolShare);
      expectEqual(`vest of ${id}`, line.vest, this.#vest);
    } else if (line.kind === "account") {
      expectEqual(`jobs of ${id}`, line.jobs, BigInt(this.count));
      expectEqual(`charge of ${id}`, line.charge, this.#charge);
    }
    return line;
  }
}

function expectEqual(what: string, stated: bigint, derived: bigint): void {
  if (stated !== derived)
    throw refusal(`the statement gives the ${what} as ${stated}, its job lines as ${derived}`);
}

function refusal(message: string): FlockError {
  return new FlockError("invalid_argument", message);
}

import { formatLlama, microLlama } from "@flock/money";
import type { HeaderLine, TotalLine } from "../statement/statement-line.js";
import type { PartyLine } from "./party.js";

/** What every sort of proof shows. */
export interface Proven {
  readonly header: HeaderLine;
  readonly total: TotalLine;
  readonly line: PartyLine;
  readonly jobs: number;
}

/** A proof in words, a sentence a line: from the jobs to the amounts. Amounts are in LLAMA. */
export function explainProof({ header, total, line, jobs }: Proven): string[] {
  const epoch = `epoch ${header.epoch}, ${iso(header.startMs)} to ${iso(header.endMs)}`;
  const fees = total.protocolShare - total.protocolShareClawedBack;
  switch (line.kind) {
    case "worker":
      return [
        `${line.worker} finished ${jobs} of the ${total.jobs} jobs of ${epoch}; ${line.jobsClawedBack} of them were clawed back.`,
        `The worker shares of the other ${line.jobs} add up to ${llama(line.vest)}, which vested.`,
        `They paid ${llama(line.protocolShare)} of the protocol share of ${llama(fees)}: that part of the emission is ${llama(line.emission)}.`,
      ];
    case "staker":
      return [
        `${line.staker} had at least ${llama(line.weight)} of ${llama(header.stakeWeight)} at stake all through ${epoch}.`,
        `That part of the stakers' share of ${llama(fees)} is ${llama(line.reward)}.`,
      ];
    case "account":
      return [
        `${line.account} ordered ${jobs} of the ${total.jobs} jobs of ${epoch}.`,
        `Their charges add up to ${llama(line.charge)}.`,
      ];
  }
}

function llama(amount: bigint): string {
  return `${formatLlama(microLlama(amount))} LLAMA`;
}

function iso(unixMs: number): string {
  return new Date(unixMs).toISOString();
}

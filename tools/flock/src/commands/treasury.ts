import { FlockError } from "@flock/errors";
import { call } from "@flock/mesh";
import { formatLlama, microLlama } from "@flock/money";
import { PROTOCOL_VERSION } from "@flock/proto";
import {
  TREASURY,
  type TreasuryDeposit,
  TreasuryPayoutState,
  type TreasuryStatusReply,
} from "@flock/proto/treasury";
import { Command } from "commander";
import { asking } from "../command.js";
import { age, moment, table } from "../output.js";
import { limitOf, moreLine } from "../page.js";
import type { Surroundings } from "../surroundings.js";

const version = PROTOCOL_VERSION;
/** The treasury waits for the ledger. */
const ASSIGN_TIMEOUT_MS = 10_000;
const LAMPORTS_PER_SOL = 1_000_000_000n;

/** `flock treasury status | pause | lift | suspense | assign`: for operators, over NATS. */
export function treasuryCommand(surroundings: Surroundings): Command {
  return new Command("treasury")
    .description("the treasury's payouts, and deposits that nobody can claim, for operators")
    .addCommand(status(surroundings))
    .addCommand(pause(surroundings))
    .addCommand(lift(surroundings))
    .addCommand(suspense(surroundings))
    .addCommand(assign(surroundings));
}

function status(surroundings: Surroundings): Command {
  return new Command("status")
    .description("what keeps payouts from being signed, and what they are up to")
    .action(
      asking(surroundings, async (mesh) => {
        const found = await call(mesh, TREASURY.status, { version });
        const payouts = found.payouts.map(({ state, count, sumMicro }) => ({
          state: TreasuryPayoutState[state].toLowerCase(),
          count,
          sumMicro,
        }));
        return { json: { ...found, payouts }, text: statusText(found) };
      }),
    );
}

function statusText(found: TreasuryStatusReply): string {
  const stops = found.stops.map(({ stopId, kind, reason, sinceUnixMs }) => [
    String(stopId),
    kind,
    moment(sinceUnixMs),
    reason,
  ]);
  const payouts = found.payouts.map(({ state, count, sumMicro }) => [
    TreasuryPayoutState[state].toLowerCase(),
    String(count),
    formatLlama(microLlama(sumMicro)),
  ]);
  return [
    stops.length === 0 ? "payouts run\n" : table(["stop", "kind", "since (UTC)", "reason"], stops, [0]),
    payouts.length === 0 ? "no payouts under way\n" : table(["payouts", "count", "LLAMA"], payouts, [1, 2]),
    `${found.address} has ${inSol(found.lamports)} SOL for fees\n`,
  ].join("\n");
}

/** The shortest exact decimal of SOL. */
function inSol(lamports: bigint): string {
  const fraction = String(lamports % LAMPORTS_PER_SOL)
    .padStart(9, "0")
    .replace(/0+$/, "");
  return `${lamports / LAMPORTS_PER_SOL}${fraction === "" ? "" : `.${fraction}`}`;
}

interface PauseOptions {
  readonly reason: string;
  readonly operator?: string;
}

function pause(surroundings: Surroundings): Command {
  return new Command("pause")
    .description("no payout is signed until the pause is lifted; those that were sent go on")
    .requiredOption("--reason <text>", "for the record")
    .option("--operator <name>", "who, for the record; default: USER")
    .action(
      asking<PauseOptions>(surroundings, async (mesh, _args, { reason, operator }) => {
        const request = { version, reason, operator: operatorOf(operator, surroundings) };
        const { stop } = await call(mesh, TREASURY.pause, request);
        const stopId = stop?.stopId ?? 0;
        return { json: stop, text: `payouts are paused; to go on: flock treasury lift ${stopId} --note …\n` };
      }),
    );
}

interface LiftOptions {
  readonly note: string;
  readonly operator?: string;
}

function lift(surroundings: Surroundings): Command {
  return new Command("lift")
    .description("ends a pause, or a halt whose reason was found")
    .argument("<stop>", 'its number, from "flock treasury status"')
    .requiredOption("--note <text>", "what was found, for the record")
    .option("--operator <name>", "who, for the record; default: USER")
    .action(
      asking<LiftOptions>(surroundings, async (mesh, [text = ""], { note, operator }) => {
        const stopId = Number(text);
        if (!/^[1-9][0-9]{0,14}$/.test(text))
          throw new FlockError("invalid_argument", `${text.slice(0, 40)} is not the number of a stop`);
        const request = { version, stopId, note, operator: operatorOf(operator, surroundings) };
        await call(mesh, TREASURY.lift, request);
        return { json: { stopId, lifted: true }, text: `stop ${stopId} is lifted\n` };
      }),
    );
}

function suspense(surroundings: Surroundings): Command {
  return new Command("suspense")
    .description("deposits that nobody was credited for, newest first")
    .option("--limit <deposits>", "how many, 1 to 500", "20")
    .option("--cursor <cursor>", "where to go on, from the page before", "")
    .action(
      asking<{ limit: string; cursor: string }>(surroundings, async (mesh, _args, { limit, cursor }) => {
        const request = { version, cursor, limit: limitOf(limit) };
        const { deposits, nextCursor } = await call(mesh, TREASURY.suspense, request);
        const rows = deposits.map(suspenseRow);
        const page = table(["age", "LLAMA", "reason", "sender", "transaction"], rows, [0, 1]);
        return {
          json: { deposits, nextCursor },
          text: rows.length === 0 ? "nothing is in suspense\n" : page + moreLine(nextCursor),
        };
      }),
    );
}

function suspenseRow(deposit: TreasuryDeposit): string[] {
  const { seenUnixMs, amountMicro, reason, named, sender, signature } = deposit;
  const why = reason === "unknown_account" ? `${reason}: ${named}` : reason;
  const from = sender === "" ? "several" : sender;
  return [age(Date.now() - seenUnixMs), formatLlama(microLlama(amountMicro)), why, from, signature];
}

interface AssignOptions {
  readonly reason: string;
  readonly operator?: string;
}

function assign(surroundings: Surroundings): Command {
  return new Command("assign")
    .description("credits a deposit in suspense to an account, for a sender that cannot sign a claim")
    .argument("<signature>", 'of the deposit\'s transaction, from "flock treasury suspense"')
    .argument("<account>", "an account, or a wallet's address, that is credited; cannot be undone")
    .requiredOption("--reason <text>", "how it is known whose it is, for the record")
    .option("--operator <name>", "who, for the record; default: USER")
    .action(
      asking<AssignOptions>(surroundings, async (mesh, args, { reason, operator }) => {
        const [signature = "", accountId = ""] = args;
        const order = { signature, accountId, reason, operator: operatorOf(operator, surroundings) };
        const request = { version, ...order };
        const found = await call(mesh, TREASURY.assign, request, { timeoutMs: ASSIGN_TIMEOUT_MS });
        const { deposit, assignment } = found;
        const llama = formatLlama(microLlama(deposit?.amountMicro ?? 0n));
        const when = moment(assignment?.assignedUnixMs ?? 0);
        return {
          json: { deposit, assignment },
          text:
            `${llama} LLAMA are credited to ${accountId}\n` +
            `on record: ${when}, ${assignment?.operator}: ${assignment?.reason}\n`,
        };
      }),
    );
}

function operatorOf(given: string | undefined, { environment }: Surroundings): string {
  return given ?? environment["USER"] ?? "operator";
}

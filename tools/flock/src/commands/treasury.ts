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
import type { Answer, Call } from "../command.js";
import { asking } from "../mesh-access.js";
import { age, moment } from "../output/format.js";
import { limitOf, listed, type PageOptions } from "../output/page.js";
import { type Text, table } from "../output/sheet.js";

const version = PROTOCOL_VERSION;
/** The treasury waits for the ledger. */
const ASSIGN_TIMEOUT_MS = 10_000;
const LAMPORTS_PER_SOL = 1_000_000_000n;

/** `flock admin treasury status` */
export async function showTreasury(command: Call): Promise<Answer> {
  const found = await asking(command, (mesh) => call(mesh, TREASURY.status, { version }));
  const payouts = found.payouts.map(({ state, count, sumMicro }) => ({
    state: TreasuryPayoutState[state].toLowerCase(),
    count,
    sumMicro,
  }));
  return { json: { ...found, payouts }, text: statusText(found) };
}

function statusText(found: TreasuryStatusReply): Text {
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
    "\n",
    payouts.length === 0 ? "no payouts under way\n" : table(["payouts", "count", "LLAMA"], payouts, [1, 2]),
    "\n",
    `${found.address} has ${inSol(found.lamports)} SOL for fees\n`,
  ];
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

/** `flock admin treasury pause` */
export async function pausePayouts(command: Call<PauseOptions>): Promise<Answer> {
  const request = { version, reason: command.options.reason, operator: operatorOf(command) };
  const { stop } = await asking(command, (mesh) => call(mesh, TREASURY.pause, request));
  const stopId = stop?.stopId ?? 0;
  return { json: stop, text: `payouts are paused; to go on: flock admin treasury lift ${stopId} --note …\n` };
}

interface LiftOptions {
  readonly note: string;
  readonly operator?: string;
}

/** `flock admin treasury lift` */
export async function liftStop(command: Call<LiftOptions>): Promise<Answer> {
  const text = command.args[0] ?? "";
  const stopId = Number(text);
  if (!/^[1-9][0-9]{0,14}$/.test(text))
    throw new FlockError("invalid_argument", `${text.slice(0, 40)} is not the number of a stop`);
  const request = { version, stopId, note: command.options.note, operator: operatorOf(command) };
  await asking(command, (mesh) => call(mesh, TREASURY.lift, request));
  return { json: { stopId, lifted: true }, text: `stop ${stopId} is lifted\n` };
}

/** `flock admin treasury suspense` */
export async function listSuspense(command: Call<PageOptions>): Promise<Answer> {
  const { limit, cursor } = command.options;
  const request = { version, cursor, limit: limitOf(limit) };
  const { deposits, nextCursor } = await asking(command, (mesh) => call(mesh, TREASURY.suspense, request));
  return listed({
    json: { deposits, nextCursor },
    head: ["age", "LLAMA", "reason", "sender", "transaction"],
    rows: deposits.map(suspenseRow),
    right: [0, 1],
    none: "nothing is in suspense",
    nextCursor,
  });
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

/** `flock admin treasury assign` */
export async function assignDeposit(command: Call<AssignOptions>): Promise<Answer> {
  const { args, options, report } = command;
  const [signature = "", accountId = ""] = args;
  const order = { signature, accountId, reason: options.reason, operator: operatorOf(command) };
  const what = `credit deposit ${signature} to ${accountId}; that cannot be undone`;
  if (!(await report.agreed({ what, text: `${what}\nreason: ${order.reason}\noperator: ${order.operator}` })))
    return { json: { ...order, dryRun: true }, text: `${what}\n`, note: "nothing was credited\n" };
  report.state = "it may have been credited: flock admin treasury suspense tells";
  const found = await asking(command, (mesh) =>
    call(mesh, TREASURY.assign, { version, ...order }, { timeoutMs: ASSIGN_TIMEOUT_MS }),
  );
  const { deposit, assignment } = found;
  const llama = formatLlama(microLlama(deposit?.amountMicro ?? 0n));
  const when = moment(assignment?.assignedUnixMs ?? 0);
  return {
    json: { deposit, assignment },
    text:
      `${llama} LLAMA are credited to ${accountId}\n` +
      `on record: ${when}, ${assignment?.operator}: ${assignment?.reason}\n`,
  };
}

function operatorOf({ options, surroundings }: Call<{ readonly operator?: string }>): string {
  return options.operator ?? surroundings.environment["USER"] ?? "operator";
}

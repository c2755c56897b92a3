import { randomUUID } from "node:crypto";
import { FlockError } from "@flock/errors";
import { call } from "@flock/mesh";
import { formatLlama, microLlama, parseLlama } from "@flock/money";
import { PROTOCOL_VERSION } from "@flock/proto";
import { LEDGER, type Transfer } from "@flock/proto/ledger";
import type { Answer, Call } from "../command.js";
import { asking } from "../mesh-access.js";
import { moment } from "../output/format.js";
import { limitOf, listed, type PageOptions } from "../output/page.js";
import { table } from "../output/sheet.js";

const version = PROTOCOL_VERSION;

/** `flock admin balance` */
export async function showBalanceOf(command: Call): Promise<Answer> {
  const ledgerAccount = ledgerAccountOf(command.args[0] ?? "");
  const found = await asking(command, (mesh) => call(mesh, LEDGER.balance, { version, ledgerAccount }));
  const { availableMicro, heldMicro, postedMicro } = found;
  const amounts = [
    ["available", llama(availableMicro)],
    ["held for running jobs", llama(heldMicro)],
    ["posted", llama(postedMicro)],
  ];
  return {
    json: { ledgerAccount, availableMicro, heldMicro, postedMicro },
    text: table([ledgerAccount, "LLAMA"], amounts, [1]),
  };
}

/** `flock admin statement` */
export async function showStatementOf(command: Call<PageOptions>): Promise<Answer> {
  const { limit, cursor } = command.options;
  const ledgerAccount = ledgerAccountOf(command.args[0] ?? "");
  const request = { version, ledgerAccount, cursor, limit: limitOf(limit) };
  const { transfers, nextCursor } = await asking(command, (mesh) => call(mesh, LEDGER.statement, request));
  return listed({
    json: { ledgerAccount, transfers, nextCursor },
    head: ["time (UTC)", "kind", "LLAMA", "with", "for"],
    rows: transfers.map((transfer) => rowOf(transfer, ledgerAccount)),
    right: [2],
    none: `no transfers of ${ledgerAccount}`,
    nextCursor,
  });
}

/** `flock admin fund` */
export async function fund(command: Call<{ readonly transferId?: string }>): Promise<Answer> {
  const { args, options, report } = command;
  const [accountId = "", amount = ""] = args;
  const amountMicro = parseLlama(amount);
  if (amountMicro <= 0n) throw new FlockError("invalid_argument", "the amount must be more than 0");
  const transferId = options.transferId ?? randomUUID();
  const what = `move ${formatLlama(amountMicro)} LLAMA from pool:dev to wallet:${accountId}`;
  const isAgreed = await report.agreed({ what, text: `${what}\ntransfer ${transferId}` });
  const json = { transferId, accountId, amountMicro };
  if (!isAgreed) return { json: { ...json, dryRun: true }, text: `${what}\n`, note: "nothing was moved\n" };
  report.state = `it may have been moved; --transfer-id ${transferId} repeats it without a second effect`;
  const request = { version, transferId, accountId, amountMicro };
  const { availableMicro } = await asking(command, (mesh) => call(mesh, LEDGER.fund, request));
  return {
    json: { ...json, availableMicro },
    text:
      `moved ${formatLlama(amountMicro)} LLAMA from pool:dev to wallet:${accountId} (transfer ${transferId})\n` +
      `available there now: ${llama(availableMicro)} LLAMA\n`,
  };
}

/** A bare account id is the wallet of that account. */
function ledgerAccountOf(account: string): string {
  return account.includes(":") ? account : `wallet:${account}`;
}

/** A transfer as the account sees it: what came in is positive, what went out negative. */
function rowOf(transfer: Transfer, ledgerAccount: string): string[] {
  const isCredit = transfer.creditAccount === ledgerAccount;
  return [
    moment(transfer.createdUnixMs),
    transfer.kind,
    llama(isCredit ? transfer.amountMicro : -transfer.amountMicro),
    isCredit ? transfer.debitAccount : transfer.creditAccount,
    transfer.businessId,
  ];
}

function llama(micro: bigint): string {
  return formatLlama(microLlama(micro));
}

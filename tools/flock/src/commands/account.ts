import { randomUUID } from "node:crypto";
import { FlockError } from "@flock/errors";
import { call } from "@flock/mesh";
import { formatLlama, microLlama, parseLlama } from "@flock/money";
import { PROTOCOL_VERSION } from "@flock/proto";
import { LEDGER, type Transfer } from "@flock/proto/ledger";
import { Command } from "commander";
import { asking } from "../command.js";
import { moment, table } from "../output.js";
import { limitOf, moreLine } from "../page.js";
import type { Surroundings } from "../surroundings.js";

const version = PROTOCOL_VERSION;
const ACCOUNT_HELP = 'account id, or a ledger account such as "pool:rewards"';

/** `flock balance`, `flock statement`, `flock fund`. */
export function accountCommands(surroundings: Surroundings): readonly Command[] {
  return [balance(surroundings), statement(surroundings), fund(surroundings)];
}

function balance(surroundings: Surroundings): Command {
  return new Command("balance")
    .description("what an account has, and can spend")
    .argument("<account>", ACCOUNT_HELP)
    .action(
      asking(surroundings, async (mesh, [account = ""]) => {
        const ledgerAccount = ledgerAccountOf(account);
        const found = await call(mesh, LEDGER.balance, { version, ledgerAccount });
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
      }),
    );
}

function statement(surroundings: Surroundings): Command {
  return new Command("statement")
    .description("the transfers of an account, newest first")
    .argument("<account>", ACCOUNT_HELP)
    .option("--limit <transfers>", "how many, 1 to 500", "20")
    .option("--cursor <cursor>", "where to go on, from the page before", "")
    .action(
      asking<{ limit: string; cursor: string }>(
        surroundings,
        async (mesh, [account = ""], { limit, cursor }) => {
          const ledgerAccount = ledgerAccountOf(account);
          const request = { version, ledgerAccount, cursor, limit: limitOf(limit) };
          const { transfers, nextCursor } = await call(mesh, LEDGER.statement, request);
          const rows = transfers.map((transfer) => rowOf(transfer, ledgerAccount));
          const page = table(["time (UTC)", "kind", "LLAMA", "with", "for"], rows, [2]);
          return {
            json: { ledgerAccount, transfers, nextCursor },
            text: rows.length === 0 ? `no transfers of ${ledgerAccount}\n` : page + moreLine(nextCursor),
          };
        },
      ),
    );
}

function fund(surroundings: Surroundings): Command {
  return new Command("fund")
    .description("moves LLAMA from pool:dev to an account's wallet, for demo accounts and grants")
    .argument("<account>", "account id")
    .argument("<llama>", 'amount, such as "25" or "0.5"')
    .option("--transfer-id <uuid>", "repeats an earlier call, which then has no second effect")
    .action(
      asking<{ transferId?: string }>(surroundings, async (mesh, [account = "", amount = ""], options) => {
        const amountMicro = parseLlama(amount);
        if (amountMicro <= 0n) throw new FlockError("invalid_argument", "the amount must be more than 0");
        const transferId = options.transferId ?? randomUUID();
        const request = { version, transferId, accountId: account, amountMicro };
        const { availableMicro } = await call(mesh, LEDGER.fund, request);
        return {
          json: { transferId, accountId: account, amountMicro, availableMicro },
          text:
            `moved ${formatLlama(amountMicro)} LLAMA from pool:dev to wallet:${account} (transfer ${transferId})\n` +
            `available there now: ${llama(availableMicro)} LLAMA\n`,
        };
      }),
    );
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

import { FlockError } from "@flock/errors";
import { isSlipOf } from "@flock/keys";
import { method, type ServedMethod } from "@flock/mesh";
import { formatLlama, type MicroLlama } from "@flock/money";
import { faultOfOrder, isSignedBy, readWithdrawal, type WithdrawalOrder } from "@flock/orders";
import { PROTOCOL_VERSION } from "@flock/proto";
import { TREASURY, type WithdrawReply } from "@flock/proto/treasury";
import { msToNextDay, utcDay } from "../domain/limits.js";
import { reserve } from "../payouts/payout-bookkeeper.js";
import { inspectRecipients } from "../payouts/recipient-inspection.js";
import { dayTotals, type PayoutRecord, readPayout, recordPayout } from "../store/payouts.js";
import { type Treasury, whyStopped } from "../treasury.js";
import { invalid, payoutMessage } from "./wire.js";

/**
 * `svc.treasury.withdraw`. Everything that can be wrong is checked before anything is written down, the signature
 * first. A text is good for one payout, for ever: who sends it again learns what became of that one, also after it
 * lapsed.
 */
export function withdrawMethod(treasury: Treasury): ServedMethod {
  return method(TREASURY.withdraw, async ({ text, signature }) => {
    const message = readWithdrawal(text);
    if ("fault" in message) throw invalid(message.fault);
    if (message.network !== treasury.network)
      throw invalid(faultOfOrder(message, treasury.network, 0) ?? "network");
    if (!isSignedBy(message.account, text, signature))
      throw new FlockError(
        "unauthenticated",
        `the signature is not that of ${message.account} under this text`,
      );
    const { kysely } = treasury.db;
    const known = await readPayout(kysely, message.id);
    if (known === undefined) await checkNew(treasury, message);
    const payout =
      known ??
      (await recordPayout(
        kysely,
        {
          id: message.id,
          origin: "withdrawal",
          ledgerAccount: `wallet:${message.account}`,
          recipient: message.to,
          amount: message.amount,
        },
        { text, signature },
      ));
    if (payout.requestText !== text)
      throw new FlockError("already_exists", `another payout ${message.id} exists`);
    // When the ledger cannot be reached, the bookkeeper goes on trying: it is requested, and says so.
    if (payout.state === "requested") await reserve(treasury, payout).catch(() => {});
    return replyTo((await readPayout(kysely, message.id)) ?? payout);
  });
}

function replyTo(payout: PayoutRecord): WithdrawReply {
  const { refusedWith, reason } = payout;
  if (refusedWith !== undefined) throw new FlockError(refusedWith, reason, { retry: "never" });
  return { version: PROTOCOL_VERSION, payout: payoutMessage(payout) };
}

async function checkNew(treasury: Treasury, message: WithdrawalOrder): Promise<void> {
  const nowUnixMs = treasury.clock.unixMs();
  const fault = faultOfOrder(message, treasury.network, nowUnixMs);
  if (fault !== undefined) throw invalid(fault);
  const stopped = await whyStopped(treasury);
  if (stopped !== undefined) throw new FlockError("failed_precondition", stopped);
  const { payoutMin, payoutMax, payoutDailyMax } = treasury.limits();
  if (message.amount < payoutMin) throw invalid(`amount: the smallest withdrawal is ${llama(payoutMin)}`);
  if (message.amount > payoutMax) throw invalid(`amount: the largest withdrawal is ${llama(payoutMax)}`);
  const { reserved } = await dayTotals(treasury.db.kysely, utcDay(nowUnixMs));
  if (reserved + message.amount > payoutDailyMax)
    throw new FlockError(
      "resource_exhausted",
      `today's limit for payouts of ${llama(payoutDailyMax)} is reached`,
      { retry: { afterMs: msToNextDay(nowUnixMs) } },
    );
  if (isSlipOf(message.to, message.account))
    throw invalid(`to: ${message.to} is not ${message.account}, and looks much like it: is it misspelt?`);
  const finding = (await inspectRecipients(treasury, [message.to])).get(message.to);
  if (finding?.kind === "unpayable") throw invalid(`to: ${finding.reason}`);
}

function llama(amount: MicroLlama): string {
  return `${formatLlama(amount)} LLAMA`;
}

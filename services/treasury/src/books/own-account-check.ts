import { FlockError } from "@flock/errors";
import { faultOfOwnAccount } from "../solana/own-account.js";
import { hasMovements } from "../store/movements.js";
import { halt, type Treasury } from "../treasury.js";

/**
 * Whether every endpoint that answers finds the treasury's own token account as it must be to pay. Asked before a
 * simulation: one that fails because of our own account would blame a recipient, and in the end give its payout back.
 * Payouts halt if all endpoints agree that it is not, unless it has not been opened yet: then there is nothing to pay.
 * @throws FlockError `unavailable` when no endpoint answers
 */
export async function isOwnAccountFit(treasury: Treasury): Promise<boolean> {
  const { db, endpoints, accounts } = treasury;
  const address = accounts.tokenAccount;
  const answers = await endpoints.each(async (chain) => {
    const [account] = await chain.accounts([address]);
    return { fault: faultOfOwnAccount(account, accounts) };
  });
  const heard = answers.filter((answer) => answer !== undefined);
  if (heard.length === 0)
    throw new FlockError("unavailable", "no endpoint tells of the treasury's token account");
  const [first, ...more] = heard.flatMap(({ fault }) => fault ?? []);
  if (first === undefined) return true;
  if (more.length + 1 === heard.length && (await hasMovements(db.kysely)))
    await halt(treasury, "account", first);
  return false;
}

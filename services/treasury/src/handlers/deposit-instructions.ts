import { method, type ServedMethod } from "@flock/mesh";
import { isSubjectToken, PROTOCOL_VERSION } from "@flock/proto";
import { TREASURY } from "@flock/proto/treasury";
import { depositReference } from "../domain/attribute-deposit.js";
import { accountMemo } from "../domain/memos.js";
import { rememberReference } from "../store/references.js";
import type { Treasury } from "../treasury.js";
import { invalid } from "./wire.js";

/**
 * `svc.treasury.deposit-instructions`. The reference key works as soon as it was told to somebody, so it is remembered.
 */
export function depositInstructionsMethod(treasury: Treasury): ServedMethod {
  const { db, network, signer, accounts, limits } = treasury;
  return method(TREASURY.depositInstructions, async ({ accountId }) => {
    if (!isSubjectToken(accountId)) throw invalid("account_id must be 1 to 128 of A-Z a-z 0-9 _ -");
    const mint = accounts.mint;
    const reference = depositReference(network, mint, accountId);
    await rememberReference(db.kysely, reference, accountId);
    const memo = accountMemo(accountId);
    return {
      version: PROTOCOL_VERSION,
      network,
      address: signer.address,
      tokenAccount: accounts.tokenAccount,
      mint,
      memo,
      reference,
      url: solanaPayUrl(signer.address, { "spl-token": mint, reference, memo, label: "FlockOllamas" }),
      depositMinMicro: limits().depositMin,
    };
  });
}

/** A Solana Pay transfer request; without an amount, the payer's wallet asks for it. */
function solanaPayUrl(address: string, fields: Readonly<Record<string, string>>): string {
  const query = Object.entries(fields).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return `solana:${address}?${query.join("&")}`;
}

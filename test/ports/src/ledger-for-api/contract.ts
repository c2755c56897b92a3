import { startedForFile } from "../started.js";
import { balances } from "./balances.js";
import { epochStatements, epochs } from "./epochs.js";
import { earnings, statements, unstakes } from "./histories.js";
import { holds } from "./holds.js";
import type { LedgerUnderContract } from "./ledger-under-contract.js";
import { moves } from "./moves.js";

/**
 * What the api relies on when it asks the ledger. The ledger has at least two epochs: epoch 0 is closed and has a
 * statement, and the newest one is open.
 */
export function ledgerForApiContract(name: string, start: () => Promise<LedgerUnderContract>): void {
  describe(`the contract of the ledger with the api, as ${name} keeps it`, () => {
    const ledger = startedForFile(start);
    balances(ledger);
    holds(ledger);
    moves(ledger);
    unstakes(ledger);
    statements(ledger);
    earnings(ledger);
    epochs(ledger);
    epochStatements(ledger);
  });
}

/*
 * The ledger from inside, for those who look at it without being a part of it: the harness audits the books of a test
 * mesh, the bench writes commits without the service. No service imports this: they meet in messages.
 */
export { auditBooks } from "./audit/audit-books.js";
export type { BooksOptions } from "./audit/balance-checks.js";
export type { AccountCode } from "./domain/account-code.js";
export type { Facts } from "./domain/draft.js";
export type { Operation } from "./domain/operations.js";
export { type GroupPlan, planGroup } from "./domain/plan-group.js";
export { migrations } from "./migrations/index.js";
export { ensureGenesis } from "./store/genesis.js";
export { openAccounts } from "./store/open-accounts.js";
export {
  openAuditDatabase,
  openLedgerDatabase,
  openReportDatabase,
  openWriterDatabase,
} from "./store/open-database.js";
export { writeCommit } from "./store/write-commit.js";

export { ledgerForApiContract } from "./ledger-for-api/contract.js";
export type { LedgerUnderContract } from "./ledger-for-api/ledger-under-contract.js";
export { type RequesterUnderContract, requesterForApiContract, type Script } from "./requester-for-api.js";
export { type RoutedRequesterUnderContract, requesterForRouterContract } from "./requester-for-router.js";
export { type RouterUnderContract, routerForRequesterContract } from "./router-for-requester.js";
export { startedForFile } from "./started.js";
export { type Depositor, type TreasuryUnderContract, treasuryForApiContract } from "./treasury-for-api.js";
export { type WorkerUnderContract, workerForRouterContract } from "./worker-for-router.js";

export { type AccountClaims, type ClaimsOptions, signAccounts } from "./account-claims.js";
export { readIssuer } from "./issuer-file.js";
export { type SystemConnection, sessionsOf, updateAccount } from "./running-server.js";
export {
  serverConfiguration,
  type WebSocketListener,
  webSocketConfiguration,
} from "./server-configuration.js";
export {
  type AccessTree,
  type AccountName,
  accountId,
  createTree,
  forgetOldSigningKeys,
  readmitWorker,
  replaceIdentity,
  requireNotRevoked,
  revokeSessions,
  revokeWorker,
  rotateSigningKey,
  WORKER_LIFE_SECONDS_MAX,
} from "./tree.js";
export { openTree, readTree, writeSecret, writeTree } from "./tree-file.js";
export {
  issueService,
  issueServiceForUpdate,
  issueSystem,
  issueSystemForUpdate,
  issueWorker,
  issueWorkerCredentials,
  readUser,
  type WorkerIssuer,
  type WorkerPass,
  workerIssuer,
} from "./users.js";

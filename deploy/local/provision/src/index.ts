export { CACHE_DIRECTORY, REPOSITORY_ROOT } from "./cache-directory.js";
export {
  ignoreForeignVariables,
  isPostgresVariable,
  nodeEnvironment,
} from "./child-environment.js";
export { endProcess } from "./end-process.js";
export type { ProcessExit } from "./foreign-process.js";
export { freePort, isPortFree, reservePort } from "./free-port.js";
export { Guardian } from "./guardian.js";
export type { EndStep } from "./guardian-protocol.js";
export { type NatsOptions, type RunningNats, startNats } from "./nats.js";
export { type PostgresOptions, type RunningPostgres, startPostgres } from "./postgres.js";
export { removePostgresHome } from "./postgres-home.js";
export { commandLine, identifyProcess, isAlive, type ProcessIdentity, parentOf } from "./process-identity.js";

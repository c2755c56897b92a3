export { configurationModule, withConfigurationTable } from "./configuration-table.js";
export { type EnvironmentOptions, readEnvironment, sharedPorts } from "./read-environment.js";
export { databaseUrl, drainTimeoutMs, integer, logLevel, port, secret } from "./variables.js";

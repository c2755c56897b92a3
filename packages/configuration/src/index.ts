export { type EnvironmentOptions, readEnvironment, sharedPorts } from "./read-environment.js";
export { databaseUrl, drainTimeoutMs, integer, logLevel, port } from "./variables.js";

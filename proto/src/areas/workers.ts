export * from "../gen/flock/workers/v1/workers.js";
export * from "../hardware-class.js";

export * from "../gen/flock/workers/v1/workers.js";

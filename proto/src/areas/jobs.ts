export * from "../gen/flock/jobs/v1/jobs.js";

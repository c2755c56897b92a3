/** What strangers' programs call over gRPC. Nothing of the mesh is in it. */
export * from "../gen/flock/public/v1/account.js";
export * from "../gen/flock/public/v1/inference.js";
export * from "../gen/flock/public/v1/jobs.js";
export * from "../gen/flock/public/v1/ledger.js";
export * from "../gen/flock/public/v1/models.js";
export * from "../gen/flock/public/v1/money.js";
export * from "../gen/flock/public/v1/preferences.js";
export * from "../gen/flock/public/v1/sessions.js";
export * from "../gen/flock/public/v1/story.js";
export * from "../gen/flock/public/v1/trust.js";
export * from "../gen/flock/public/v1/workers.js";

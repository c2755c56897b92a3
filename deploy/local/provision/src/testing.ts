export { type EventuallyOptions, eventually } from "./eventually.js";
export { createTestDirectory, type TestDirectory } from "./test-directory.js";
export { startTestNats, type TestNats, type TestNatsOptions } from "./test-nats.js";
export { startTestPostgres, type TestPostgres } from "./test-postgres.js";

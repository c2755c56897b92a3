/** Minutes of waiting for real parts: CI runs them, and `npm run test:all`. */
const LONG_TESTS = "\\.long\\.test\\.ts$";

/** Runs the TypeScript sources of every workspace directly (ESM, swc); `@flock/source` maps packages to src. */
export default {
  cacheDirectory: "<rootDir>/.cache/jest",
  testEnvironment: "node",
  testEnvironmentOptions: { customExportConditions: ["@flock/source", "node", "node-addons"] },
  extensionsToTreatAsEsm: [".ts"],
  transform: {
    "^.+\\.ts$": [
      "@swc/jest",
      { jsc: { parser: { syntax: "typescript" }, target: "es2022" }, module: { type: "es6" } },
    ],
  },
  moduleNameMapper: { "^(\\.{1,2}/.*)\\.js$": "$1" },
  testPathIgnorePatterns: [
    ...["/node_modules/", "/dist/", "/\\.flock/", "/\\.cache/"],
    ...(process.env.FLOCK_TESTS === "short" ? [LONG_TESTS] : []),
  ],
  modulePathIgnorePatterns: ["/dist/", "<rootDir>/\\.flock/", "<rootDir>/\\.cache/"],
  testMatch: ["**/*.test.ts"],
  // Most of a test's time is waiting for real parts; on two cores jest would run one file at a time.
  maxWorkers: 2,
  // Node forgets no module of a test file that is over; a worker that has grown so much begins anew.
  workerIdleMemoryLimit: "1500MB",
  // Real parts on a busy machine: a timeout is for what hangs, not for what is slow.
  testTimeout: 60_000,
  // A worker that has nothing open any more still takes a second to hand its memory back if the machine is busy, and jest
  // would say that it leaks. One that does leak is told after this time.
  workerGracefulExitTimeout: 10_000,
};

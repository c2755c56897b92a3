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
  testPathIgnorePatterns: ["/node_modules/", "/dist/", "/\\.flock/", "/\\.cache/"],
  modulePathIgnorePatterns: ["/dist/", "<rootDir>/\\.flock/", "<rootDir>/\\.cache/"],
  testMatch: ["**/*.test.ts"],
  // Most of a test's time is waiting for real parts; on two cores jest would run one file at a time.
  maxWorkers: 2,
  // Real parts on a busy machine: a timeout is for what hangs, not for what is slow.
  testTimeout: 60_000,
  // A worker that has nothing open any more still takes a second to hand its memory back if the machine is busy, and jest
  // would say that it leaks. One that does leak is told after this time.
  workerGracefulExitTimeout: 10_000,
};

/** Runs the TypeScript sources of every workspace directly (ESM, swc); `@flock/source` maps packages to src. */
export default {
  testEnvironment: "node",
  testEnvironmentOptions: { customExportConditions: ["@flock/source", "node", "node-addons"] },
  extensionsToTreatAsEsm: [".ts"],
  transform: {
    "^.+\\.ts$": ["@swc/jest", { jsc: { parser: { syntax: "typescript" }, target: "es2022" }, module: { type: "es6" } }],
  },
  moduleNameMapper: { "^(\\.{1,2}/.*)\\.js$": "$1" },
  testPathIgnorePatterns: ["/node_modules/", "/dist/", "/\\.flock/"],
  modulePathIgnorePatterns: ["/dist/", "<rootDir>/\\.flock/"],
  testMatch: ["**/*.test.ts"],
};

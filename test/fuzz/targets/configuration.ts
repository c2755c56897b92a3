import fc from "fast-check";
import { variables as api, readApiConfig } from "../../../services/api/src/config.js";
import { variables as bridge, readBridgeConfig } from "../../../services/bridge/src/config.js";
import { variables as ledger, readLedgerConfig } from "../../../services/ledger/src/config.js";
import { readRouterConfig, variables as router } from "../../../services/router/src/config.js";
import { readTreasuryConfig, variables as treasury } from "../../../services/treasury/src/config.js";
import { readVerifierConfig, variables as verifier } from "../../../services/verifier/src/config.js";
import { readWorkerConfig, variables as worker } from "../../../services/worker/src/config.js";
import { fuzzTarget } from "../fuzz-target.js";
import { mutatedText } from "../generators/text.js";
import { mustHold, taken } from "../outcome.js";

const PROGRAMS: readonly (readonly [(environment: Record<string, string>) => object, object])[] = [
  [readApiConfig, api],
  [readBridgeConfig, bridge],
  [readLedgerConfig, ledger],
  [readRouterConfig, router],
  [readTreasuryConfig, treasury],
  [readVerifierConfig, verifier],
  [readWorkerConfig, worker],
];
const SECRET = "correct-horse-battery";
const ADDRESS = "4uhcVJyU9pJkvQyS88uRDiswHXSCkY3zQawwpjk2NsNY";
/** With this each program starts. */
const NEEDED = {
  ...{ NATS_URL: "nats://127.0.0.1:4222", DATABASE_URL: `postgres://user:${SECRET}@127.0.0.1/flock` },
  ...{ SOLANA_RPC_URLS: "http://127.0.0.1:8899", SOLANA_GENESIS_HASH: ADDRESS, LLAMA_MINT: ADDRESS },
  ...{ MESH_KEY_FILE: "key.json", TREASURY_KEY_FILE: "key.json", BRIDGE_KEY_FILE: "key.json" },
  WORKER_MESH_KEYS: ADDRESS,
};
/** What may hold a secret, and values that do. */
const SECRETS = ["NATS_URL", "DATABASE_URL", "SOLANA_RPC_URLS"];
const SECRET_VALUES = [
  `nats://somebody:${SECRET}@127.0.0.1:4222`,
  `postgres://user:${SECRET}@h:5432/flock?sslmode=verify-full`,
  `https://h/${SECRET},https://b.example/?api-key=${SECRET}`,
];
const VALUES = [
  "1",
  "0",
  "65535",
  "8080",
  "true",
  "127.0.0.1,::1",
  "10.0.0.0/8",
  "https://a.example,*",
  "info",
  "a.json",
];

export const configuration = fuzzTarget({
  name: "configuration",
  about: "the environment of every service",
  open: () => {
    const value = mutatedText(VALUES);
    const program = fc.constantFrom(...PROGRAMS).chain(([read, variables]) => {
      const name = fc.oneof(
        { weight: 9, arbitrary: fc.constantFrom(...Object.keys(variables), ...Object.keys(NEEDED)) },
        { weight: 1, arbitrary: mutatedText(Object.keys(variables)) },
      );
      const change = fc.oneof(
        { weight: 4, arbitrary: fc.tuple(name, value) },
        { weight: 1, arbitrary: fc.tuple(fc.constantFrom(...SECRETS), mutatedText(SECRET_VALUES)) },
      );
      const changes = fc.array(change, { maxLength: 3 });
      return changes.map((given) => ({ read, environment: { ...NEEDED, ...Object.fromEntries(given) } }));
    });
    // Else all of its inputs would be refused for what is missing.
    for (const [read] of PROGRAMS) read(NEEDED);
    return {
      inputs: program,
      probe: ({ read, environment }) => {
        try {
          return taken(() => unquoting(() => read(environment))) !== undefined;
        } finally {
          mustHold(!Object.hasOwn(Object.prototype, "polluted"), "a prototype was written to");
        }
      },
    };
  },
});

/** What is refused is told to an operator's terminal and log: without the secret. */
function unquoting<T>(read: () => T): T {
  try {
    return read();
  } catch (thrown) {
    mustHold(!String(thrown).includes(SECRET), `a secret is quoted: ${String(thrown)}`);
    throw thrown;
  }
}

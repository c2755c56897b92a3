import { randomUUID } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { FlockError } from "@flock/errors";
import { call, type Mesh } from "@flock/mesh";
import { API } from "@flock/proto/keys";
import { LEDGER } from "@flock/proto/ledger";
import { delay } from "./delay.js";
import type { Endpoints } from "./endpoints.js";
import { withMesh } from "./mesh-connection.js";

/** The account that the printed key belongs to. */
const ACCOUNT_ID = "demo";
/** A million LLAMA: more than a laptop can spend in a year. */
const FUNDS_MICRO = 1_000_000_000_000n;

const CALL_TIMEOUT_MS = 5_000;
const RETRY_INTERVAL_MS = 50;

/** What is kept between runs, so that every start prints the same key and funds the account once. */
interface DemoAccount {
  readonly keyId: string;
  readonly apiKey: string;
  readonly transferId: string;
}

/**
 * Makes sure that the demo account exists with funds and an API key, by the mesh's own service calls.
 * @param file keeps the key (0600); a key in it that the api does not know (a new database) is replaced.
 * @returns the API key.
 * @throws what the services refused with; services that are not there yet are waited for until `signal` is aborted.
 */
export function ensureDemoAccount(endpoints: Endpoints, file: string, signal: AbortSignal): Promise<string> {
  return withMesh(endpoints, async (mesh) => {
    const known = readAccount(file);
    const isUsable = known !== undefined && (await patiently(() => isValidKey(mesh, known.keyId), signal));
    const account = isUsable ? known : await patiently(() => createKey(mesh), signal);
    if (!isUsable) writeAccount(file, account);
    const fund = {
      version: 1,
      transferId: account.transferId,
      accountId: ACCOUNT_ID,
      amountMicro: FUNDS_MICRO,
    };
    await patiently(() => call(mesh, LEDGER.fund, fund, { timeoutMs: CALL_TIMEOUT_MS }), signal);
    return account.apiKey;
  });
}

async function isValidKey(mesh: Mesh, keyId: string): Promise<boolean> {
  const request = { version: 1, accountId: ACCOUNT_ID };
  const { keys } = await call(mesh, API.listKeys, request, { timeoutMs: CALL_TIMEOUT_MS });
  return keys.some((key) => key.keyId === keyId && key.revokedUnixMs === 0);
}

async function createKey(mesh: Mesh): Promise<DemoAccount> {
  const request = { version: 1, accountId: ACCOUNT_ID, label: "local launcher" };
  const created = await call(mesh, API.createKey, request, { timeoutMs: CALL_TIMEOUT_MS });
  return { keyId: created.keyId, apiKey: created.apiKey, transferId: randomUUID() };
}

/** Repeats while the error itself says that this can help. Every call here is idempotent, but for a key too many. */
async function patiently<T>(step: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (;;) {
    try {
      return await step();
    } catch (error) {
      if (!(error instanceof FlockError) || error.retry === "never") throw error;
      await delay(RETRY_INTERVAL_MS, signal);
    }
  }
}

function readAccount(file: string): DemoAccount | undefined {
  try {
    // CAST: written by writeAccount; a key that is not one is refused by the api and replaced.
    return JSON.parse(readFileSync(file, "utf8")) as DemoAccount;
  } catch {
    return undefined;
  }
}

function writeAccount(file: string, account: DemoAccount): void {
  const draft = `${file}.new`;
  writeFileSync(draft, `${JSON.stringify(account)}\n`, { mode: 0o600 });
  renameSync(draft, file);
}

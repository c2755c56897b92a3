import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { writeSecret } from "@flock/access";
import { FlockError } from "@flock/errors";
import { call, type Mesh } from "@flock/mesh";
import { API, KeyRights } from "@flock/proto/keys";
import { LEDGER } from "@flock/proto/ledger";
import { delay } from "./delay.js";
import type { Endpoints } from "./endpoints.js";
import { withMesh } from "./mesh-connection.js";

/** The account that the printed key belongs to. */
const ACCOUNT_ID = "demo";
/** That the verifier has referees paid from. */
const CHECKS_ACCOUNT_ID = "verifier-checks";
/** A million LLAMA: more than a laptop can spend in a year. */
const FUNDS_MICRO = 1_000_000_000_000n;
/** What guests may do on this account: a hundred LLAMA a day leave it most of its funds, too, after years. */
const GUEST_RIGHTS: KeyRights = KeyRights.fromPartial({
  scopes: ["inference"],
  budgetDayMicro: 100_000_000n,
  requestsPerMinute: 240,
  streamsMax: 16,
});

const CALL_TIMEOUT_MS = 5_000;
const RETRY_INTERVAL_MS = 50;

interface LocalKey {
  readonly keyId: string;
  readonly apiKey: string;
}

/** What is kept between runs, so that every start has the same keys and funds the account once. */
interface DemoAccount extends LocalKey {
  readonly transferId: string;
  /** That guests are served as; absent: of a version before there were guests, or none has been served yet. */
  readonly guest?: LocalKey;
}

export interface DemoFiles {
  /** Keeps the account's keys (0600); a key in it that the api does not know (a new database) is replaced. */
  readonly account: string;
  /** Where the api finds the key of guests (0600); undefined: none is served. */
  readonly guestKey: string | undefined;
}

/**
 * Makes sure that the demo account exists with funds, an API key and a key for guests, by the mesh's own service calls.
 * @returns the API key.
 * @throws what the services refused with; services that are not there yet are waited for until `signal` is aborted.
 */
export function ensureDemoAccount(
  endpoints: Endpoints,
  files: DemoFiles,
  signal: AbortSignal,
): Promise<string> {
  return withMesh(endpoints, async (mesh) => {
    const known = readAccount(files.account);
    const valid = await patiently(() => validKeys(mesh), signal);
    const key = usable(known, valid) ?? (await patiently(() => createKey(mesh, "local launcher"), signal));
    const guest = usable(known?.guest, valid) ?? (await newGuest(mesh, files, signal));
    const account: DemoAccount = {
      ...{ keyId: key.keyId, apiKey: key.apiKey },
      transferId: key === known ? known.transferId : randomUUID(),
      ...(guest === undefined ? {} : { guest }),
    };
    if (key !== known || guest !== known.guest)
      await writeSecret(files.account, `${JSON.stringify(account)}\n`);
    if (files.guestKey !== undefined && guest !== undefined)
      await writeSecret(files.guestKey, `${guest.apiKey}\n`);
    const fund = {
      version: 1,
      transferId: account.transferId,
      accountId: ACCOUNT_ID,
      amountMicro: FUNDS_MICRO,
    };
    const checks = {
      ...fund,
      transferId: checksTransferOf(account.transferId),
      accountId: CHECKS_ACCOUNT_ID,
    };
    for (const order of [fund, checks])
      await patiently(() => call(mesh, LEDGER.fund, order, { timeoutMs: CALL_TIMEOUT_MS }), signal);
    return account.apiKey;
  });
}

/** The id of the transfer that comes with another one: of each database one, as well. */
function checksTransferOf(transferId: string): string {
  return `${transferId.slice(0, -12)}000000000001`;
}

async function newGuest(
  mesh: Mesh,
  { guestKey }: DemoFiles,
  signal: AbortSignal,
): Promise<LocalKey | undefined> {
  if (guestKey === undefined) return undefined;
  return patiently(() => createKey(mesh, "guests of the local launcher", GUEST_RIGHTS), signal);
}

function usable<Key extends LocalKey>(known: Key | undefined, valid: ReadonlySet<string>): Key | undefined {
  return known !== undefined && valid.has(known.keyId) ? known : undefined;
}

/** Ids of the account's keys that are not revoked. */
async function validKeys(mesh: Mesh): Promise<ReadonlySet<string>> {
  const request = { version: 1, accountId: ACCOUNT_ID };
  const { keys } = await call(mesh, API.listKeys, request, { timeoutMs: CALL_TIMEOUT_MS });
  return new Set(keys.filter(({ revokedUnixMs }) => revokedUnixMs === 0).map(({ keyId }) => keyId));
}

async function createKey(mesh: Mesh, label: string, rights?: KeyRights): Promise<LocalKey> {
  const request = { version: 1, accountId: ACCOUNT_ID, label, ...(rights === undefined ? {} : { rights }) };
  const { keyId, apiKey } = await call(mesh, API.createKey, request, { timeoutMs: CALL_TIMEOUT_MS });
  return { keyId, apiKey };
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
    // CAST: written here; a key that is not one is refused by the api and replaced.
    return JSON.parse(readFileSync(file, "utf8")) as DemoAccount;
  } catch {
    return undefined;
  }
}

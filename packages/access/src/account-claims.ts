import {
  type Account,
  encodeAccount,
  encodeOperator,
  type OperatorLimits,
  type SigningKey,
} from "@nats-io/jwt";
import { borderOfCore, borderOfWorkers } from "./border.js";
import { NO_PERMISSIONS, WORKER_TEMPLATE } from "./roles.js";
import { type AccessTree, type AccountName, accountId, keyOf } from "./tree.js";

/** What nats-server is configured with: signed texts, of which none is secret. */
export interface AccountClaims {
  readonly operatorJwt: string;
  /** Public key and JWT of each account. */
  readonly accounts: Readonly<Record<AccountName, { readonly id: string; readonly jwt: string }>>;
}

export interface ClaimsOptions {
  /**
   * Most connections of all workers together, default 10 000. One worker cannot be held to fewer by nats-server; CORE
   * has connections of its own, which this number does not touch.
   */
  readonly workerConnectionsMax?: number;
}

const WORKER_CONNECTIONS_MAX = 10_000;

const UNLIMITED = -1;
/** A limit that is left out is 0: nothing is allowed. */
const NO_JETSTREAM: OperatorLimits = { mem_storage: 0, disk_storage: 0, streams: 0, consumer: 0 };
const ALL_OF_JETSTREAM: OperatorLimits = {
  mem_storage: UNLIMITED,
  disk_storage: UNLIMITED,
  streams: UNLIMITED,
  consumer: UNLIMITED,
};
const BASIC: OperatorLimits = {
  subs: UNLIMITED,
  data: UNLIMITED,
  payload: UNLIMITED,
  imports: UNLIMITED,
  exports: UNLIMITED,
  wildcards: true,
  conn: UNLIMITED,
  leaf: 0,
  disallow_bearer: true,
};

/** Signs the accounts as the tree has them now. */
export async function signAccounts(tree: AccessTree, options: ClaimsOptions = {}): Promise<AccountClaims> {
  const [operatorJwt, core, workers, system] = await Promise.all([
    signOperator(tree),
    signAccount(tree, "core", coreAccount(tree)),
    signAccount(tree, "workers", workersAccount(tree, options)),
    signAccount(tree, "system", {
      limits: { ...BASIC, ...NO_JETSTREAM },
      signing_keys: publicKeys(tree, "system"),
    }),
  ]);
  return { operatorJwt, accounts: { core, workers, system } };
}

function signOperator(tree: AccessTree): Promise<string> {
  const { identity, signing } = tree.operator;
  return encodeOperator("flock", keyOf(identity), {
    signing_keys: signing.map((seed) => keyOf(seed).getPublicKey()),
    system_account: accountId(tree, "system"),
  });
}

function coreAccount(tree: AccessTree): Partial<Account> {
  return {
    limits: { ...BASIC, ...ALL_OF_JETSTREAM },
    signing_keys: publicKeys(tree, "core"),
    ...borderOfCore(accountId(tree, "workers")),
  };
}

/**
 * The signing keys are scoped: whoever holds one can issue workers and nothing else, with the permissions that stand
 * here. So a change of them holds for the workers that are connected, too, and a key that leaves takes its users along.
 */
function workersAccount(
  tree: AccessTree,
  { workerConnectionsMax = WORKER_CONNECTIONS_MAX }: ClaimsOptions,
): Partial<Account> {
  const scoped = publicKeys(tree, "workers").map((key): SigningKey => {
    return { kind: "user_scope", key, role: "worker", template: WORKER_TEMPLATE };
  });
  return {
    limits: { ...BASIC, ...NO_JETSTREAM, conn: workerConnectionsMax },
    signing_keys: scoped,
    default_permissions: NO_PERMISSIONS,
    revocations: tree.revokedSessions,
    ...borderOfWorkers(accountId(tree, "core")),
  };
}

async function signAccount(
  tree: AccessTree,
  name: AccountName,
  claims: Partial<Account>,
): Promise<{ readonly id: string; readonly jwt: string }> {
  const [signingSeed = tree.operator.identity] = tree.operator.signing;
  const identity = keyOf(tree.accounts[name].identity);
  const jwt = await encodeAccount(name.toUpperCase(), identity, claims, { signer: keyOf(signingSeed) });
  return { id: identity.getPublicKey(), jwt };
}

function publicKeys(tree: AccessTree, name: AccountName): string[] {
  return tree.accounts[name].signing.map((seed) => keyOf(seed).getPublicKey());
}

import { FlockError } from "@flock/errors";
import { natsKeyOf } from "@flock/keys";
import { createAccount, createOperator, fromSeed, type KeyPair } from "@nats-io/nkeys";
import { z } from "zod";

/*
 * The keys behind the accounts, as values: each change is a function from the old tree to the new one, and takes effect
 * when JWTs are made of the new one (see `account-claims.ts`).
 */

/** The accounts of the mesh's NATS. */
export const ACCOUNTS = ["core", "workers", "system"] as const;

export type AccountName = (typeof ACCOUNTS)[number];

const keys = z.object({
  /** Seed of the key that the thing is known by. It signs nothing while there are signing keys. */
  identity: z.string(),
  /** Seeds of the keys that sign in its name: the first signs what is new, what the others have signed still counts. */
  signing: z.array(z.string()).min(1),
});

export type Keys = Readonly<z.output<typeof keys>>;

const unixSecondsByName = z.record(z.string(), z.number().int().nonnegative());

export const accessTree = z.object({
  version: z.literal(1),
  operator: keys,
  accounts: z.object({ core: keys, workers: keys, system: keys }),
  /** When the sessions of workers were revoked, by the public key of the session, Unix seconds. */
  revokedSessions: unixSecondsByName,
  /** When workers were revoked, by id: they are issued nothing any more. */
  revokedWorkers: unixSecondsByName,
});

/** All secrets behind the mesh's NATS accounts, and what has been revoked. */
export type AccessTree = Readonly<z.output<typeof accessTree>>;

/** The longest time for which anything is issued to workers; revocations need not be kept for longer. */
export const WORKER_LIFE_SECONDS_MAX = 30 * 86_400;

/** A fresh tree. */
export function createTree(): AccessTree {
  return {
    version: 1,
    operator: freshKeys(createOperator),
    accounts: {
      core: freshKeys(createAccount),
      workers: freshKeys(createAccount),
      system: freshKeys(createAccount),
    },
    revokedSessions: {},
    revokedWorkers: {},
  };
}

/** The key of a seed, as JWTs are made with it. */
export function keyOf(seed: string): KeyPair {
  const bytes = new TextEncoder().encode(seed);
  const { publicKey, sign } = natsKeyOf(seed);
  // Its own methods take milliseconds each. Of a private key it is only asked whether there is one.
  const fast = { getPublicKey: () => publicKey, getPrivateKey: () => bytes, sign };
  return Object.assign(fromSeed(bytes), fast);
}

/** By what servers, stores and JWTs know an account. */
export function accountId(tree: AccessTree, account: AccountName): string {
  return keyOf(tree.accounts[account].identity).getPublicKey();
}

/** Signs what is new with another key. What the old ones have signed counts until {@link forgetOldSigningKeys}. */
export function rotateSigningKey(tree: AccessTree, of: AccountName | "operator"): AccessTree {
  const create = of === "operator" ? createOperator : createAccount;
  return changeKeys(tree, of, ({ identity, signing }) => {
    return { identity, signing: [freshSeed(create), ...signing] };
  });
}

/** Ends what all signing keys but the newest have signed: connected users of such a key are cut off. */
export function forgetOldSigningKeys(tree: AccessTree, of: AccountName | "operator"): AccessTree {
  return changeKeys(tree, of, ({ identity, signing }) => ({ identity, signing: signing.slice(0, 1) }));
}

/**
 * Another identity and other signing keys: nothing that was issued before counts any more. The store of JetStream is
 * named for the identity of CORE: it must be given the new name before the server starts with the new tree.
 */
export function replaceIdentity(tree: AccessTree, of: AccountName | "operator"): AccessTree {
  const create = of === "operator" ? createOperator : createAccount;
  return changeKeys(tree, of, () => freshKeys(create));
}

/** Revokes sessions of workers: whatever was issued to their keys until now. */
export function revokeSessions(tree: AccessTree, sessionKeys: readonly string[], unixMs: number): AccessTree {
  const now = Math.floor(unixMs / 1_000);
  const current = Object.entries(tree.revokedSessions).filter(([, at]) => at > now - WORKER_LIFE_SECONDS_MAX);
  const revoked = sessionKeys.map((key): [string, number] => [checkedSessionKey(key), now]);
  return { ...tree, revokedSessions: Object.fromEntries([...current, ...revoked]) };
}

/** Issues nothing to the worker any more, and revokes its sessions. */
export function revokeWorker(
  tree: AccessTree,
  workerId: string,
  sessionKeys: readonly string[],
  unixMs: number,
): AccessTree {
  const revokedWorkers = { ...tree.revokedWorkers, [workerId]: Math.floor(unixMs / 1_000) };
  return { ...revokeSessions(tree, sessionKeys, unixMs), revokedWorkers };
}

/** @throws FlockError `failed_precondition` if the worker was revoked: it is issued nothing */
export function requireNotRevoked(tree: AccessTree, workerId: string): void {
  if (tree.revokedWorkers[workerId] === undefined) return;
  const remedy = `flock admin access readmit ${workerId}`;
  throw new FlockError("failed_precondition", `worker ${workerId} was revoked (${remedy})`);
}

/** Lets a revoked worker be issued new sessions. */
export function readmitWorker(tree: AccessTree, workerId: string): AccessTree {
  const { [workerId]: _, ...revokedWorkers } = tree.revokedWorkers;
  return { ...tree, revokedWorkers };
}

/** @throws FlockError `invalid_argument` if the text is not the public key of a user. */
export function checkedSessionKey(key: string): string {
  if (/^U[A-Z2-7]{55}$/.test(key)) return key;
  throw new FlockError("invalid_argument", "a session key is the public key of a NATS user: U…");
}

function changeKeys(
  tree: AccessTree,
  of: AccountName | "operator",
  change: (keys: Keys) => Keys,
): AccessTree {
  // The schema's arrays are mutable; nobody writes to them.
  const changed = (before: Keys) => change(before) as z.output<typeof keys>;
  if (of === "operator") return { ...tree, operator: changed(tree.operator) };
  return { ...tree, accounts: { ...tree.accounts, [of]: changed(tree.accounts[of]) } };
}

function freshKeys(create: () => KeyPair): z.output<typeof keys> {
  return { identity: freshSeed(create), signing: [freshSeed(create)] };
}

function freshSeed(create: () => KeyPair): string {
  return new TextDecoder().decode(create().getSeed());
}

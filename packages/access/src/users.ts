import { FlockError } from "@flock/errors";
import { freshUserSeed } from "@flock/keys";
import { isSubjectToken } from "@flock/proto";
import { encodeUser, fmtCreds, type UserPermissionsLimits } from "@nats-io/jwt";
import { fromPublic } from "@nats-io/nkeys";
import { z } from "zod";
import { SERVICE_USER, SYSTEM_USER } from "./roles.js";
import { type AccessTree, accountId, checkedSessionKey, keyOf, WORKER_LIFE_SECONDS_MAX } from "./tree.js";

/** What is read of a user JWT. */
const user = z.object({ name: z.string(), sub: z.string(), exp: z.number().optional() });

/** All that one needs to issue workers' credentials, and nothing more. */
export interface WorkerIssuer {
  /** Public key of the account WORKERS. */
  readonly account: string;
  /** Seed of its scoped signing key. */
  readonly signingSeed: string;
}

/** What a worker is let in with. */
export interface WorkerPass {
  /** By what the network knows it: the token in its subjects. */
  readonly workerId: string;
  /** Public key of its session: whoever has the seed of it is the worker. */
  readonly sessionKey: string;
  readonly lifeSeconds: number;
}

/** The issuer's part of the tree, for a process that need not have the rest. */
export function workerIssuer(tree: AccessTree): WorkerIssuer {
  const [signingSeed = ""] = tree.accounts.workers.signing;
  return { account: accountId(tree, "workers"), signingSeed };
}

/**
 * The user JWT of a worker. What it permits is not in it but in the scope of the signing key (`WORKER_TEMPLATE`), which
 * nats-server fills in with the user's name; and which models it may pull for, the router decides.
 * @throws FlockError `invalid_argument` for an id, key or time that cannot be
 */
export async function issueWorker(issuer: WorkerIssuer, pass: WorkerPass): Promise<string> {
  const { workerId, sessionKey, lifeSeconds } = pass;
  if (!isSubjectToken(workerId)) throw refused("a worker's id is one token of a subject");
  if (!Number.isInteger(lifeSeconds) || lifeSeconds < 1 || lifeSeconds > WORKER_LIFE_SECONDS_MAX)
    throw refused(`a worker's credential lives from 1 to ${WORKER_LIFE_SECONDS_MAX} seconds`);
  return encodeUser(
    workerId,
    fromPublic(checkedSessionKey(sessionKey)),
    fromPublic(issuer.account),
    {},
    {
      signer: keyOf(issuer.signingSeed),
      scopedUser: true,
      exp: Math.floor(Date.now() / 1_000) + lifeSeconds,
    },
  );
}

/** Credentials of a service in CORE: the text of a `.creds` file, which is secret. They do not expire. */
export function issueService(tree: AccessTree, name: string): Promise<string> {
  return issueUser(tree, "core", name, SERVICE_USER);
}

/** Credentials of an operator's tool in the system account, as {@link issueService}. */
export function issueSystem(tree: AccessTree, name: string): Promise<string> {
  return issueUser(tree, "system", name, SYSTEM_USER);
}

/** As {@link issueSystem}, for a server that may not have heard yet of the newest signing key: by the oldest one. */
export function issueSystemForUpdate(tree: AccessTree, name: string): Promise<string> {
  return issueUser(withOldestKey(tree, "system"), "system", name, SYSTEM_USER);
}

/** As {@link issueService}, likewise. */
export function issueServiceForUpdate(tree: AccessTree, name: string): Promise<string> {
  return issueUser(withOldestKey(tree, "core"), "core", name, SERVICE_USER);
}

/** A worker's credentials, as {@link issueService}, with a session of their own. */
export async function issueWorkerCredentials(
  issuer: WorkerIssuer,
  pass: Omit<WorkerPass, "sessionKey">,
): Promise<string> {
  const session = keyOf(freshUserSeed());
  const jwt = await issueWorker(issuer, { ...pass, sessionKey: session.getPublicKey() });
  return new TextDecoder().decode(fmtCreds(jwt, session));
}

/**
 * What a user JWT says of its holder. Not checked: by whom it is signed, which whoever let him in has done.
 * @throws FlockError `invalid_argument` if it is none; not shown
 */
export function readUser(jwt: string): {
  readonly name: string;
  readonly key: string;
  readonly expiresUnixMs?: number;
} {
  const [, claims = ""] = jwt.split(".");
  const read = user.safeParse(jsonOf(Buffer.from(claims, "base64url").toString()));
  if (!read.success) throw refused("this is not the JWT of a NATS user");
  const { name, sub, exp } = read.data;
  return { name, key: sub, ...(exp === undefined ? {} : { expiresUnixMs: exp * 1_000 }) };
}

function withOldestKey(tree: AccessTree, account: "core" | "system"): AccessTree {
  const { identity, signing } = tree.accounts[account];
  return { ...tree, accounts: { ...tree.accounts, [account]: { identity, signing: signing.slice(-1) } } };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // As what it is refused for: JSON of something else.
  }
}

async function issueUser(
  tree: AccessTree,
  account: "core" | "system",
  name: string,
  rights: UserPermissionsLimits,
): Promise<string> {
  const key = keyOf(freshUserSeed());
  const [signingSeed = ""] = tree.accounts[account].signing;
  const signer = keyOf(signingSeed);
  const jwt = await encodeUser(name, key, fromPublic(accountId(tree, account)), rights, { signer });
  return new TextDecoder().decode(fmtCreds(jwt, key));
}

function refused(message: string): FlockError {
  return new FlockError("invalid_argument", message);
}

import { FlockError } from "@flock/errors";
import { isSubjectToken } from "@flock/proto";
import { decode, encodeUser, fmtCreds, type UserPermissionsLimits } from "@nats-io/jwt";
import { createUser, fromPublic } from "@nats-io/nkeys";
import { ANY_MODEL, modelTag, SERVICE_USER, SYSTEM_USER } from "./roles.js";
import { type AccessTree, accountId, checkedSessionKey, keyOf, WORKER_LIFE_SECONDS_MAX } from "./tree.js";

/** Longest JWT: it must fit into the one line with which a client introduces itself (4 KiB, with a signature). */
const JWT_LENGTH_MAX = 3_600;

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
  /** Consumers (`ticketConsumer`) of the models that it may pull for, or `any`. */
  readonly models: readonly string[] | "any";
  readonly lifeSeconds: number;
}

/** The issuer's part of the tree, for a process that need not have the rest. */
export function workerIssuer(tree: AccessTree): WorkerIssuer {
  const [signingSeed = ""] = tree.accounts.workers.signing;
  return { account: accountId(tree, "workers"), signingSeed };
}

/**
 * The user JWT of a worker. What it permits is not in it but in the scope of the signing key (`WORKER_TEMPLATE`), which
 * nats-server fills in with the user's name and tags.
 * @throws FlockError `invalid_argument` for an id, key, model or time that cannot be, or for too many models
 */
export async function issueWorker(issuer: WorkerIssuer, pass: WorkerPass): Promise<string> {
  const { workerId, sessionKey, models, lifeSeconds } = pass;
  const consumers = models === "any" ? [ANY_MODEL] : models;
  if (!isSubjectToken(workerId)) throw refused("a worker's id is one token of a subject");
  if (models !== "any" && !models.every(isLowerCaseToken))
    throw refused("a model is given by its consumer: one token in lower case");
  if (!Number.isInteger(lifeSeconds) || lifeSeconds < 1 || lifeSeconds > WORKER_LIFE_SECONDS_MAX)
    throw refused(`a worker's credential lives from 1 to ${WORKER_LIFE_SECONDS_MAX} seconds`);
  const jwt = await encodeUser(
    workerId,
    fromPublic(checkedSessionKey(sessionKey)),
    fromPublic(issuer.account),
    { tags: consumers.map(modelTag) },
    {
      signer: keyOf(issuer.signingSeed),
      scopedUser: true,
      exp: Math.floor(Date.now() / 1_000) + lifeSeconds,
    },
  );
  if (jwt.length > JWT_LENGTH_MAX)
    throw refused(`${consumers.length} models are too many for one credential`);
  return jwt;
}

/** Credentials of a service in CORE: the text of a `.creds` file, which is secret. They do not expire. */
export function issueService(tree: AccessTree, name: string): Promise<string> {
  return issueUser(tree, "core", name, SERVICE_USER);
}

/** Credentials of an operator's tool in the system account, as {@link issueService}. */
export function issueSystem(tree: AccessTree, name: string): Promise<string> {
  return issueUser(tree, "system", name, SYSTEM_USER);
}

/** The same, for a server that may not have heard yet of the newest signing key: by the oldest one. */
export function issueSystemForUpdate(tree: AccessTree, name: string): Promise<string> {
  const { system } = tree.accounts;
  const oldest = { ...system, signing: system.signing.slice(-1) };
  return issueSystem({ ...tree, accounts: { ...tree.accounts, system: oldest } }, name);
}

/** A worker's credentials with a fresh session, as {@link issueService}. */
export async function issueWorkerCredentials(
  issuer: WorkerIssuer,
  pass: Omit<WorkerPass, "sessionKey">,
): Promise<string> {
  const session = createUser();
  const jwt = await issueWorker(issuer, { ...pass, sessionKey: session.getPublicKey() });
  return new TextDecoder().decode(fmtCreds(jwt, session));
}

/** What a user JWT says of its holder. Checked: it is signed; not checked: by whom. */
export function readUser(jwt: string): {
  readonly name: string;
  readonly key: string;
  readonly expiresUnixMs?: number;
} {
  const { name, sub, exp } = decode(jwt);
  return { name, key: sub, ...(exp === undefined ? {} : { expiresUnixMs: exp * 1_000 }) };
}

async function issueUser(
  tree: AccessTree,
  account: "core" | "system",
  name: string,
  user: UserPermissionsLimits,
): Promise<string> {
  const key = createUser();
  const [signingSeed = ""] = tree.accounts[account].signing;
  const signer = keyOf(signingSeed);
  const jwt = await encodeUser(name, key, fromPublic(accountId(tree, account)), user, { signer });
  return new TextDecoder().decode(fmtCreds(jwt, key));
}

function isLowerCaseToken(consumer: string): boolean {
  return isSubjectToken(consumer) && consumer === consumer.toLowerCase();
}

function refused(message: string): FlockError {
  return new FlockError("invalid_argument", message);
}

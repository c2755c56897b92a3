import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import {
  type AccessTree,
  type AccountName,
  accountId,
  createTree,
  forgetOldSigningKeys,
  issueService,
  issueServiceForUpdate,
  issueSystem,
  issueSystemForUpdate,
  issueWorkerCredentials,
  readmitWorker,
  readTree,
  requireNotRevoked,
  revokeWorker,
  rotateSigningKey,
  serverConfiguration,
  sessionsOf,
  signAccounts,
  updateAccount,
  type WebSocketListener,
  webSocketConfiguration,
  workerIssuer,
  writeSecret,
  writeTree,
} from "@flock/access";
import { FlockError } from "@flock/errors";
import { createIdentity } from "@flock/keys";
import { banWorker, forgiveOffences, liftBan, type Mesh, workerSessions } from "@flock/mesh";
import { isSubjectToken } from "@flock/proto";
import type { Answer, Call } from "../command.js";
import type { GlobalOptions } from "../global-options.js";
import { natsOf, withMesh } from "../mesh-access.js";
import type { Surroundings } from "../surroundings.js";

const DAY_SECONDS = 86_400;
const KEYS_OF = ["operator", "core", "workers", "system"] as const;

interface TreeOptions extends GlobalOptions {
  readonly tree?: string;
}

interface ServerOptions extends TreeOptions {
  readonly resolverDir: string;
  readonly websocket?: string;
  readonly websocketCert?: string;
  readonly websocketKey?: string;
}

interface RevokeOptions extends TreeOptions {
  readonly reason: string;
  readonly session?: string;
}

interface OutOptions extends TreeOptions {
  readonly out: string;
}

/** `flock admin access create` */
export async function createMeshKeys({ options }: Call<TreeOptions>): Promise<Answer> {
  return create(options);
}

/** `flock admin access server` */
export async function printServer({ options }: Call<ServerOptions>): Promise<Answer> {
  return server(options);
}

/** `flock admin access service` */
export async function writeService({ args: [name = ""], options }: Call<OutOptions>): Promise<Answer> {
  return written(options.out, await issueService(await readTree(treeFile(options)), name));
}

/** `flock admin access system` */
export async function writeSystem({ args: [name = ""], options }: Call<OutOptions>): Promise<Answer> {
  return written(options.out, await issueSystem(await readTree(treeFile(options)), name));
}

/** `flock admin access issuer` */
export async function writeIssuer({ options }: Call<OutOptions>): Promise<Answer> {
  const issuer = workerIssuer(await readTree(treeFile(options)));
  return written(options.out, `${JSON.stringify(issuer)}\n`);
}

/** `flock admin access rotate` */
export async function rotateKeys({ args, options }: Call<TreeOptions>): Promise<Answer> {
  return changed(options, (tree) => rotateSigningKey(tree, keysOf(args[0])));
}

/** `flock admin access forget` */
export async function forgetKeys({ args, options }: Call<TreeOptions>): Promise<Answer> {
  return changed(options, (tree) => forgetOldSigningKeys(tree, keysOf(args[0])));
}

/** `flock admin access push` */
export async function pushAccounts({ options, surroundings }: Call<TreeOptions>): Promise<Answer> {
  await push(await readTree(treeFile(options)), options, surroundings);
  return { json: { pushed: true }, text: "the servers have the accounts\n" };
}

function treeFile({ tree, dataDir }: TreeOptions): string {
  return resolve(tree ?? join(dataDir, "access", "tree.json"));
}

async function create(options: TreeOptions): Promise<Answer> {
  const file = treeFile(options);
  if (existsSync(file)) throw new FlockError("already_exists", `${file} exists: its mesh needs its keys`);
  const tree = createTree();
  const meshKeyFile = join(dirname(file), "mesh-key.json");
  const { id } = await createIdentity(meshKeyFile);
  await writeTree(file, tree);
  const core = accountId(tree, "core");
  return {
    json: { file, core, meshKeyFile, meshKey: id },
    text: `${file}
Keep it offline, with a copy: whoever has it owns the mesh, and without it nobody does.
${meshKeyFile}
For the services, as MESH_KEY_FILE. Workers know it as ${id}.
`,
  };
}

/** `flock admin access mesh-key` */
export async function writeMeshKey({ options }: Call<OutOptions>): Promise<Answer> {
  const file = resolve(options.out);
  const { id } = await createIdentity(file);
  return { json: { file, id }, text: `${file}\nWorkers know it as ${id}.\n` };
}

async function server(options: ServerOptions): Promise<Answer> {
  const claims = await signAccounts(await readTree(treeFile(options)));
  const webSocket = options.websocket === undefined ? "" : webSocketConfiguration(listenerOf(options));
  const text = serverConfiguration(claims, options.resolverDir) + webSocket;
  return { json: { configuration: text }, text };
}

function listenerOf(options: ServerOptions): WebSocketListener {
  const { websocketCert: certFile, websocketKey: keyFile } = options;
  const [, host, port] = /^(.+):(\d{1,5})$/.exec(options.websocket ?? "") ?? [];
  if (host === undefined || port === undefined)
    throw new FlockError("invalid_argument", "--websocket is written as host:port");
  if ((certFile === undefined) !== (keyFile === undefined))
    throw new FlockError("invalid_argument", "--websocket-cert and --websocket-key belong together");
  const listener = { host, port: Number(port) };
  return certFile === undefined || keyFile === undefined
    ? listener
    : { ...listener, tls: { certFile, keyFile } };
}

/** `flock admin access worker` */
export async function writeWorker(call: Call<OutOptions & { readonly days: string }>): Promise<Answer> {
  const {
    args: [workerId = ""],
    options,
  } = call;
  const tree = await readTree(treeFile(options));
  requireNotRevoked(tree, workerId);
  const credentials = await issueWorkerCredentials(workerIssuer(tree), {
    workerId,
    lifeSeconds: Number(options.days) * DAY_SECONDS,
  });
  return written(options.out, credentials);
}

async function written(out: string, text: string): Promise<Answer> {
  const file = resolve(out);
  if (existsSync(file)) throw new FlockError("already_exists", `${file} exists`);
  await writeSecret(file, text);
  return { json: { file }, text: `${file}\n` };
}

/** What changes the file alone. */
async function changed(options: TreeOptions, change: (tree: AccessTree) => AccessTree): Promise<Answer> {
  const file = treeFile(options);
  await writeTree(file, change(await readTree(file)));
  return { json: { file }, text: `${file} is changed; for running servers: flock admin access push\n` };
}

function keysOf(text: string | undefined): AccountName | "operator" {
  const found = KEYS_OF.find((name) => name === text);
  if (found === undefined) throw new FlockError("invalid_argument", `${text} has no keys`);
  return found;
}

/**
 * `flock admin access revoke`.
 *
 * The ban comes first, and only then is it asked which sessions there are. An api puts down a session first, and only
 * then asks for a ban. So whatever an api issues at the same moment, one of the two sees the other. Where JetStream
 * takes no ban, what is connected is cut off all the same.
 *
 * The revocation is kept in the file before any server hears of it: a server that starts from the file must know it.
 */
export async function revokeAccess(call: Call<RevokeOptions>): Promise<Answer> {
  const {
    args: [workerId = ""],
    options,
    surroundings,
  } = call;
  requireWorkerId(workerId);
  const file = treeFile(options);
  const tree = await readTree(file);
  const banned = await withCore(tree, options, surroundings, async (mesh) => {
    await banWorker(mesh, workerId, { reason: options.reason, unixMs: Date.now() });
    return { issued: await workerSessions(mesh, workerId) };
  }).catch((cause: unknown) => ({ issued: [], cause }));
  const connected = await withSystem(tree, options, surroundings, (system) =>
    sessionsOf(system, accountId(tree, "workers"), workerId),
  );
  const sessions = [...new Set([...banned.issued, ...connected, ...(options.session?.split(",") ?? [])])];
  const revoked = revokeWorker(tree, workerId, sessions, Date.now());
  await writeTree(file, revoked);
  await push(revoked, options, surroundings);
  const counts = `sessions revoked: ${sessions.length}, cut off: ${connected.length}`;
  if ("cause" in banned) throw notBanned(workerId, counts, banned.cause);
  const text = `worker ${workerId} is banned; ${counts}\n`;
  return { json: { workerId, sessions, connected }, text };
}

function notBanned(workerId: string, counts: string, cause: unknown): FlockError {
  const why = cause instanceof Error ? cause.message : String(cause);
  const message =
    `worker ${workerId} may come back: its ban was not written, or its sessions not read (${why}). ` +
    `Done: ${counts}. Once JetStream answers, give the command again.`;
  return new FlockError("unavailable", message, { cause });
}

/** `flock admin access readmit` */
export async function readmitWorkerNow(call: Call<TreeOptions>): Promise<Answer> {
  const {
    args: [workerId = ""],
    options,
    surroundings,
  } = call;
  requireWorkerId(workerId);
  const file = treeFile(options);
  const tree = await readTree(file);
  await withCore(tree, options, surroundings, async (mesh) => {
    await liftBan(mesh, workerId);
    await forgiveOffences(mesh, workerId);
  });
  await writeTree(file, readmitWorker(tree, workerId));
  return { json: { workerId }, text: `worker ${workerId} may be issued new sessions\n` };
}

/** It becomes a key of buckets, and a part of a filter. */
function requireWorkerId(workerId: string): void {
  if (!isSubjectToken(workerId)) throw new FlockError("invalid_argument", `${workerId} is no worker's id`);
}

async function push(tree: AccessTree, options: TreeOptions, surroundings: Surroundings): Promise<void> {
  const { accounts } = await signAccounts(tree);
  await withSystem(tree, options, surroundings, async (system) => {
    for (const { jwt } of [accounts.core, accounts.workers, accounts.system])
      await updateAccount(system, jwt);
  });
}

async function withSystem<T>(
  tree: AccessTree,
  options: TreeOptions,
  surroundings: Surroundings,
  work: (system: Parameters<typeof updateAccount>[0]) => Promise<T>,
): Promise<T> {
  const credentials = await issueSystemForUpdate(tree, "flock cli");
  return withMesh(await shown(credentials, options, surroundings), ({ nats }) => work(nats));
}

async function withCore<T>(
  tree: AccessTree,
  options: TreeOptions,
  surroundings: Surroundings,
  work: (mesh: Mesh) => Promise<T>,
): Promise<T> {
  const credentials = await issueServiceForUpdate(tree, "flock cli");
  return withMesh(await shown(credentials, options, surroundings), work);
}

/** The mesh's NATS, shown what was issued here and not what other commands show. */
async function shown(credentials: string, options: TreeOptions, surroundings: Surroundings) {
  return { ...(await natsOf(options, surroundings)), credentials: () => credentials };
}

import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import {
  type AccessTree,
  type AccountName,
  accountId,
  createTree,
  forgetOldSigningKeys,
  issueService,
  issueSystem,
  issueSystemForUpdate,
  issueWorkerCredentials,
  readmitWorker,
  readTree,
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
import { canonicalModelName, ticketConsumer } from "@flock/proto";
import { Argument, Command } from "commander";
import { type Answer, printing } from "../command.js";
import { type GlobalOptions, natsOf, withMesh } from "../mesh-access.js";
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

interface OutOptions extends TreeOptions {
  readonly out: string;
}

/** `flock access …`: for operators of a mesh, the keys behind its NATS accounts. Where they are is never a server. */
export function accessCommand(surroundings: Surroundings): Command {
  const access = new Command("access")
    .description("looks after the NATS accounts of a mesh: their keys, credentials and revocations")
    .option("--tree <file>", "file of the keys (default: that of the local mesh)");
  const add = (name: string, description: string): Command => access.command(name).description(description);
  add("create", "makes the keys of a new mesh").action(
    printing<TreeOptions>(surroundings, (_, o) => create(o)),
  );
  add("server", "prints the accounts for nats-server's configuration; nothing in it is secret")
    .requiredOption(
      "--resolver-dir <directory>",
      "where the server keeps accounts that are changed while it runs",
    )
    .option("--websocket <host:port>", "lets workers in over WebSocket, too")
    .option("--websocket-cert <file>", "its certificate, PEM; none: only on this machine, behind a proxy")
    .option("--websocket-key <file>", "the certificate's key, PEM")
    .action(printing<ServerOptions>(surroundings, (_, options) => server(options)));
  add("service", "writes credentials for a service or an operator's command line")
    .argument("<name>")
    .requiredOption("--out <file>", "the .creds file")
    .action(
      printing<OutOptions>(surroundings, async ([name = ""], options) => {
        return written(options.out, await issueService(await readTree(treeFile(options)), name));
      }),
    );
  add("system", "writes credentials for nats-server's own monitoring and account updates")
    .argument("<name>")
    .requiredOption("--out <file>", "the .creds file")
    .action(
      printing<OutOptions>(surroundings, async ([name = ""], options) => {
        return written(options.out, await issueSystem(await readTree(treeFile(options)), name));
      }),
    );
  add("worker", "writes credentials for a worker, with a session of their own")
    .argument("<worker-id>")
    .option("--models <names>", "the only models that it may pull for, separated by commas")
    .option("--days <count>", "how long they live", "1")
    .requiredOption("--out <file>", "the .creds file")
    .action(
      printing<OutOptions & { models?: string; days: string }>(surroundings, ([id = ""], options) =>
        worker(id, options),
      ),
    );
  add("issuer", "writes what a process needs that issues workers' credentials, and no more")
    .requiredOption("--out <file>", "the file, JSON")
    .action(
      printing<OutOptions>(surroundings, async (_, options) => {
        const issuer = workerIssuer(await readTree(treeFile(options)));
        return written(options.out, `${JSON.stringify(issuer)}\n`);
      }),
    );
  add("rotate", "signs what is new with another key; what the old one has signed still counts")
    .addArgument(new Argument("<of>").choices(KEYS_OF))
    .action(changing(surroundings, (tree, [of]) => rotateSigningKey(tree, keysOf(of))));
  add("forget", "ends what all signing keys but the newest have signed")
    .addArgument(new Argument("<of>").choices(KEYS_OF))
    .action(changing(surroundings, (tree, [of]) => forgetOldSigningKeys(tree, keysOf(of))));
  add("push", "gives running servers the accounts as they are in the file").action(
    printing<TreeOptions>(surroundings, async (_, options) => {
      await push(await readTree(treeFile(options)), options, surroundings);
      return { json: { pushed: true }, text: "the servers have the accounts\n" };
    }),
  );
  add("revoke", "cuts a worker off, and issues it nothing any more")
    .argument("<worker-id>")
    .option("--session <keys>", "sessions in which it is not connected now, separated by commas")
    .action(
      printing<TreeOptions & { session?: string }>(surroundings, ([id = ""], options) =>
        revoke(id, options, surroundings),
      ),
    );
  add("readmit", "lets a revoked worker be issued new credentials")
    .argument("<worker-id>")
    .action(changing(surroundings, (tree, [id = ""]) => readmitWorker(tree, id)));
  return access;
}

function treeFile({ tree, dataDir }: TreeOptions): string {
  return resolve(tree ?? join(dataDir, "access", "tree.json"));
}

async function create(options: TreeOptions): Promise<Answer> {
  const file = treeFile(options);
  if (existsSync(file)) throw new FlockError("already_exists", `${file} exists: its mesh needs its keys`);
  const tree = createTree();
  await writeTree(file, tree);
  const core = accountId(tree, "core");
  return {
    json: { file, core },
    text: `${file}\nKeep it offline, with a copy: whoever has it owns the mesh, and without it nobody does.\n`,
  };
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

async function worker(
  workerId: string,
  options: OutOptions & { models?: string; days: string },
): Promise<Answer> {
  const tree = await readTree(treeFile(options));
  if (tree.revokedWorkers[workerId] !== undefined)
    throw new FlockError(
      "failed_precondition",
      `worker ${workerId} was revoked: flock access readmit ${workerId}`,
    );
  const credentials = await issueWorkerCredentials(workerIssuer(tree), {
    workerId,
    models: options.models === undefined ? "any" : options.models.split(",").map(consumerOf),
    lifeSeconds: Number(options.days) * DAY_SECONDS,
  });
  return written(options.out, credentials);
}

function consumerOf(model: string): string {
  const canonical = canonicalModelName(model);
  if (canonical === undefined) throw new FlockError("invalid_argument", `${model} is no name of a model`);
  return ticketConsumer(canonical);
}

async function written(out: string, text: string): Promise<Answer> {
  const file = resolve(out);
  if (existsSync(file)) throw new FlockError("already_exists", `${file} exists`);
  await writeSecret(file, text);
  return { json: { file }, text: `${file}\n` };
}

/** A command that changes the file alone. */
function changing(
  surroundings: Surroundings,
  change: (tree: AccessTree, args: readonly string[]) => AccessTree,
): (...parsed: unknown[]) => Promise<void> {
  return printing<TreeOptions>(surroundings, async (args, options) => {
    const file = treeFile(options);
    await writeTree(file, change(await readTree(file), args));
    return { json: { file }, text: `${file} is changed; for running servers: flock access push\n` };
  });
}

function keysOf(text: string | undefined): AccountName | "operator" {
  const found = KEYS_OF.find((name) => name === text);
  if (found === undefined) throw new FlockError("invalid_argument", `${text} has no keys`);
  return found;
}

/** Kept in the file before any server hears of it: a server that starts from the file must know it, too. */
async function revoke(
  workerId: string,
  options: TreeOptions & { session?: string },
  surroundings: Surroundings,
): Promise<Answer> {
  const file = treeFile(options);
  const tree = await readTree(file);
  const connected = await withSystem(tree, options, surroundings, (system) =>
    sessionsOf(system, accountId(tree, "workers"), workerId),
  );
  const sessions = [...connected, ...(options.session?.split(",") ?? [])];
  const revoked = revokeWorker(tree, workerId, sessions, Date.now());
  await writeTree(file, revoked);
  await push(revoked, options, surroundings);
  const text = `worker ${workerId} is revoked; sessions cut off: ${connected.length}\n`;
  return { json: { workerId, sessions }, text };
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
  const { natsUrl } = await natsOf(options, surroundings);
  const credentials = await issueSystemForUpdate(tree, "flock cli");
  return withMesh({ natsUrl, credentials: () => credentials }, ({ nats }) => work(nats));
}

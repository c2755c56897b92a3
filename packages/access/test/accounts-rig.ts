import { join } from "node:path";
import { connectMesh, type Mesh, type MeshOptions } from "@flock/mesh";
import { createLogger, createMetrics } from "@flock/observability";
import { SUBJECTS } from "@flock/proto";
import { createTestDirectory, startTestNats, type TestNats } from "@flock/provision/testing";
import {
  type AccessTree,
  type AccountClaims,
  type ClaimsOptions,
  createTree,
  issueService,
  issueSystem,
  issueWorkerCredentials,
  serverConfiguration,
  signAccounts,
  type WorkerPass,
  workerIssuer,
} from "../src/index.js";

/** A real nats-server with the accounts of a tree, and connections to it. */
export class AccountsRig {
  readonly tree: AccessTree;
  readonly claims: AccountClaims;
  readonly nats: TestNats;
  readonly #cleanups: (() => Promise<unknown>)[];

  private constructor(
    tree: AccessTree,
    claims: AccountClaims,
    nats: TestNats,
    cleanups: (() => Promise<unknown>)[],
  ) {
    this.tree = tree;
    this.claims = claims;
    this.nats = nats;
    this.#cleanups = cleanups;
  }

  static async start(options: ClaimsOptions = {}, furtherConfig = ""): Promise<AccountsRig> {
    const tree = createTree();
    const claims = await signAccounts(tree, options);
    const directory = await createTestDirectory();
    const extraConfig = serverConfiguration(claims, join(directory.path, "accounts")) + furtherConfig;
    const nats = await startTestNats({ extraConfig });
    return new AccountsRig(tree, claims, nats, [() => nats.stop(), () => directory.remove()]);
  }

  async core(name = "core"): Promise<Mesh> {
    return this.connect(name, await issueService(this.tree, name));
  }

  async system(): Promise<Mesh> {
    return this.connect("system", await issueSystem(this.tree, "system"));
  }

  /** A worker as we would run it: with an inbox of its own. */
  async worker(pass: Partial<WorkerPass> & Pick<WorkerPass, "workerId">): Promise<Mesh> {
    const inboxPrefix = SUBJECTS.workerInbox(pass.workerId);
    return this.connect(pass.workerId, await this.pass(pass), { inboxPrefix });
  }

  /** Credentials of a worker, for ten minutes unless `pass` says otherwise. */
  pass(pass: Partial<WorkerPass> & Pick<WorkerPass, "workerId">): Promise<string> {
    return issueWorkerCredentials(workerIssuer(this.tree), { lifeSeconds: 600, ...pass });
  }

  async connect(
    name: string,
    credentials: string,
    options: Partial<Pick<MeshOptions, "inboxPrefix" | "natsUrl" | "onRefused">> = {},
  ): Promise<Mesh> {
    const mesh = await connectMesh({
      natsUrl: this.nats.url,
      name,
      logger: createLogger(name, "silent"),
      meter: createMetrics(name).meter,
      credentials: () => credentials,
      ...options,
    });
    this.#cleanups.unshift(() => mesh.close());
    return mesh;
  }

  async stop(): Promise<void> {
    for (const cleanup of this.#cleanups) await cleanup();
  }
}

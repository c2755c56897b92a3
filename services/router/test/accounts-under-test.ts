import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type AccessTree,
  createTree,
  issueService,
  issueWorkerCredentials,
  serverConfiguration,
  signAccounts,
  workerIssuer,
} from "@flock/access";
import { type Mesh, manager } from "@flock/mesh";
import { nextTicketSubject, STREAMS, SUBJECTS } from "@flock/proto";
import {
  createTestDirectory,
  startTestNats,
  type TestDirectory,
  type TestNats,
} from "@flock/provision/testing";
import { type Msg, nuid } from "@nats-io/nats-core";
import { FakeRequester } from "./fake-requester.js";
import { FakeWorker, type FakeWorkerOptions } from "./fake-worker.js";
import { connectForTest, RouterUnderTest } from "./router-under-test.js";

/** A stranger: a connection with a worker's credentials, and nothing that keeps to any protocol. */
export class Stranger {
  /** What came to it, in order. */
  readonly answers: Msg[] = [];

  constructor(
    readonly workerId: string,
    readonly mesh: Mesh,
  ) {
    mesh.nats.subscribe(SUBJECTS.delivery(workerId, "*"), {
      callback: (_, msg) => void this.answers.push(msg),
    });
  }

  pull(consumer: string, way: string | Uint8Array = nuid.next(), reply?: string): void {
    const subject = SUBJECTS.pull(this.workerId, consumer);
    this.mesh.nats.publish(subject, way, reply === undefined ? {} : { reply });
  }
}

/** A nats-server with accounts, the real router in CORE, and workers, requesters and strangers with credentials. */
export class AccountsUnderTest {
  /** Pulls that the router has passed on, by consumer. */
  readonly passed: string[] = [];
  readonly #ends: (() => Promise<unknown>)[];

  private constructor(
    readonly core: Mesh,
    public router: RouterUnderTest,
    private readonly nats: TestNats,
    private readonly tree: AccessTree,
    private readonly variables: Record<string, string>,
    ends: (() => Promise<unknown>)[],
  ) {
    this.#ends = ends;
    const prefix = nextTicketSubject("");
    core.nats.subscribe(nextTicketSubject("*"), {
      callback: (_, { subject }) => void this.passed.push(subject.slice(prefix.length)),
    });
  }

  static async start(variables: Record<string, string> = {}): Promise<AccountsUnderTest> {
    const tree = createTree();
    const directory: TestDirectory = await createTestDirectory();
    const accounts = serverConfiguration(await signAccounts(tree), join(directory.path, "accounts"));
    const nats = await startTestNats({ extraConfig: accounts });
    const credentials = await issueService(tree, "core");
    const file = join(directory.path, "core.creds");
    await writeFile(file, credentials, { mode: 0o600 });
    const core = await connectForTest(nats.url, "test", { credentials: () => credentials });
    const all = { NATS_CREDENTIALS_FILE: file, ...variables };
    const router = await RouterUnderTest.start(nats.url, all);
    const ends = [() => router.stop(), () => core.close(), () => nats.stop(), () => directory.remove()];
    return new AccountsUnderTest(core, router, nats, tree, all, ends);
  }

  /** Another router takes the place of this one, and signs with the same key. */
  async restartRouter(): Promise<void> {
    await this.router.crash();
    const { meshKeyFile } = this.router;
    const variables = { ...this.variables, MESH_KEY_FILE: meshKeyFile };
    const next = await RouterUnderTest.start(this.nats.url, variables);
    this.router = next;
    this.#ends.unshift(() => next.stop());
  }

  async worker(options: FakeWorkerOptions): Promise<FakeWorker> {
    const credentials = await this.#credentialsOf(options.workerId);
    const worker = await FakeWorker.start(this.nats.url, { ...options, credentials });
    this.#ends.unshift(() => worker.vanish());
    return worker;
  }

  async requester(requesterId: string): Promise<FakeRequester> {
    const credentials = await issueService(this.tree, requesterId);
    const requester = await FakeRequester.start(this.nats.url, { requesterId, credentials });
    this.#ends.unshift(() => requester.stop());
    return requester;
  }

  async stranger(workerId: string): Promise<Stranger> {
    const credentials = await this.#credentialsOf(workerId);
    const options = { credentials: () => credentials, inboxPrefix: SUBJECTS.workerInbox(workerId) };
    const mesh = await connectForTest(this.nats.url, workerId, options);
    this.#ends.unshift(() => mesh.close());
    return new Stranger(workerId, mesh);
  }

  /** Pulls that wait at a consumer. */
  async waitingAt(consumer: string): Promise<number> {
    return (await (await manager(this.core)).consumers.info(STREAMS.jobs, consumer)).num_waiting;
  }

  async stop(): Promise<void> {
    for (const end of this.#ends) await end();
  }

  #credentialsOf(workerId: string): Promise<string> {
    return issueWorkerCredentials(workerIssuer(this.tree), { workerId, lifeSeconds: 600 });
  }
}

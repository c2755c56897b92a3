import { startTestNats, type TestNats } from "@flock/provision/testing";
import { auditBooks } from "../src/audit/audit-books.js";
import { connectForTest, LedgerUnderTest } from "./ledger-under-test.js";
import { insist, MeshClient } from "./mesh-client.js";
import { type LedgerServer, startLedgerServer, type TestLedger } from "./test-ledger.js";

/** The ledger's service on a NATS and a PostgreSQL of its own, and somebody who calls it. For one test file. */
export class ServedLedger {
  readonly server: LedgerServer;
  readonly nats: TestNats;
  /** Its books, past the service. */
  readonly books: TestLedger;
  readonly service: LedgerUnderTest;
  readonly client: MeshClient;

  private constructor(
    server: LedgerServer,
    nats: TestNats,
    books: TestLedger,
    service: LedgerUnderTest,
    client: MeshClient,
  ) {
    this.server = server;
    this.nats = nats;
    this.books = books;
    this.service = service;
    this.client = client;
  }

  static async start(): Promise<ServedLedger> {
    const [server, nats] = await Promise.all([startLedgerServer(), startTestNats()]);
    const books = await server.ledger();
    const service = await startOn(books, nats);
    return new ServedLedger(server, nats, books, service, new MeshClient(await connectForTest(nats.url)));
  }

  /** Gives an account `amount` to spend. */
  async fund(account: string, amount: bigint): Promise<void> {
    await insist(() => this.client.fund(`${account}-funding`, account, amount));
  }

  /** Another service on the same books; its owner stops it. */
  another(): Promise<LedgerUnderTest> {
    return startOn(this.books, this.nats);
  }

  /** Ends everything. Fails the test file if any invariant of the books is broken. */
  async stop(): Promise<void> {
    await this.service.stop();
    expect(await auditBooks(this.books.db)).toEqual([]);
    await this.client.mesh.close();
    await this.books.close();
    await this.nats.stop();
    await this.server.stop();
  }
}

function startOn(books: TestLedger, nats: TestNats): Promise<LedgerUnderTest> {
  return LedgerUnderTest.start({ DATABASE_URL: books.url, NATS_URL: nats.url });
}

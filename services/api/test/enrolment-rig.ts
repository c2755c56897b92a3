import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type AccessTree, createTree, type WorkerIssuer, workerIssuer } from "@flock/access";
import { banWorker, type Clock, openBucket } from "@flock/mesh";
import { BUCKETS, encode } from "@flock/proto";
import { Standing, type StandingState } from "@flock/proto/verifier";
import { createTestDirectory, type TestDirectory } from "@flock/provision/testing";
import pg from "pg";
import { REFUSALS, type RefusalReason } from "../src/enrolment/refusal.js";
import { ERROR_TABLE } from "../src/http/error-table.js";
import { EnrollingWorker } from "./enrolling-worker.js";
import { MoneyApi } from "./money-api.js";

export const NATS_URLS = ["nats://nats.example:4222", "wss://nats.example"];

/** The answer to who is refused for this reason, in words that have these in them. */
export const refusedAs = (reason: RefusalReason, message: string) => ({
  status: ERROR_TABLE[REFUSALS[reason]],
  body: { error: { code: REFUSALS[reason], message: expect.stringContaining(message) } },
});

/** Two apis that enrol workers under one name, and workers that come to them in turn. */
export class EnrolmentRig {
  #last: 0 | 1 = 0;

  private constructor(
    readonly money: MoneyApi,
    readonly tree: AccessTree,
    readonly clock: Clock,
    private readonly directory: TestDirectory,
  ) {}

  static async start(clock: Clock, environment: NodeJS.ProcessEnv = {}): Promise<EnrolmentRig> {
    const directory = await createTestDirectory();
    const tree = createTree();
    const file = join(directory.path, "issuer.json");
    await writeFile(file, JSON.stringify(workerIssuer(tree)));
    const own = {
      API_WORKER_ISSUER_FILE: file,
      API_WORKER_NATS_URLS: NATS_URLS.join(","),
      API_PUBLIC_URL: "https://api.example/base",
      API_WALLET_TEXTS_PER_MINUTE: "1000000",
      ...environment,
    };
    const money = await MoneyApi.start([own, own], clock);
    return new EnrolmentRig(money, tree, clock, directory);
  }

  /** A fresh worker, which asks each time another one of the apis. */
  worker(): EnrollingWorker {
    return new EnrollingWorker((path, body) => {
      this.#last = this.#last === 0 ? 1 : 0;
      return this.money.ask("POST", path, { body, api: this.#last });
    }, this.clock);
  }

  /** Each api hears of it by itself. */
  async ban(wallet: string, reason: string): Promise<void> {
    await banWorker(this.money.mesh, wallet, { reason, unixMs: this.clock.unixMs() });
  }

  /** What the verifier would write. */
  async stand(wallet: string, state: StandingState, reason = ""): Promise<void> {
    const standing = Standing.fromPartial({ version: 1, state, sinceUnixMs: 1, reason });
    await (await openBucket(this.money.mesh, BUCKETS.standings)).put(wallet, encode(Standing, standing));
  }

  /** Puts another issuer, or something else, in the file of the apis. */
  async writeIssuer(issuer: WorkerIssuer | string): Promise<void> {
    const text = typeof issuer === "string" ? issuer : JSON.stringify(issuer);
    await writeFile(join(this.directory.path, "issuer.json"), text);
  }

  async query(text: string): Promise<unknown[]> {
    const client = new pg.Client({ connectionString: this.money.databaseUrl });
    await client.connect();
    const { rows } = await client.query(text);
    await client.end();
    return rows;
  }

  async stop(): Promise<void> {
    await this.money.stop();
    await this.directory.remove();
  }
}

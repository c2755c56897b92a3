import { readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import {
  type AccessTree,
  accountId,
  issueService,
  openTree,
  serverConfiguration,
  signAccounts,
  workerIssuer,
  writeSecret,
} from "@flock/access";
import { FlockError } from "@flock/errors";
import { dataPaths } from "./data-dir.js";

/** What nats-server calls the account of a server that has none. */
const NO_ACCOUNT = "$G";
const ACCOUNT = /^A[A-Z2-7]{55}$/;

/** What the servers of a local mesh, and those that connect to them, are given of the accounts. */
export class LocalAccess {
  readonly #paths: ReturnType<typeof dataPaths>;

  constructor(dataDir: string) {
    this.#paths = dataPaths(dataDir);
  }

  /** The part of nats-server's configuration that is about accounts. */
  async serverConfiguration(): Promise<string> {
    const directory = join(this.#paths.access, "accounts");
    return serverConfiguration(await signAccounts(await this.#tree()), directory);
  }

  /**
   * Gives JetStream's files of a server that had no accounts to CORE: nats-server keeps them in a folder that is named
   * for their account. To be called while no server runs on them.
   * @throws FlockError `failed_precondition` if they are of accounts whose keys are gone: a server would begin anew
   * beside them
   */
  async takeOverStore(): Promise<void> {
    const stores = join(this.#paths.nats, "jetstream");
    const names = await readdir(stores).catch((): string[] => []);
    const core = accountId(await this.#tree(), "core");
    if (names.includes(core)) return;
    const ofOthers = names.filter((name) => ACCOUNT.test(name));
    if (ofOthers.length > 0) {
      const message = `${stores} belongs to a NATS account whose keys are not in ${this.#paths.accessTree}`;
      throw new FlockError("failed_precondition", message);
    }
    if (names.includes(NO_ACCOUNT)) await rename(join(stores, NO_ACCOUNT), join(stores, core));
  }

  /** Writes the credentials that all services and the command line use. */
  async writeServiceCredentials(): Promise<string> {
    const file = this.#paths.serviceCredentials;
    await writeSecret(file, await issueService(await this.#tree(), "local"));
    return file;
  }

  /** Writes what the api lets workers in with, which is not the keys of the accounts. */
  async writeWorkerIssuer(): Promise<string> {
    const file = this.#paths.workerIssuer;
    await writeSecret(file, `${JSON.stringify(workerIssuer(await this.#tree()))}\n`);
    return file;
  }

  /** Read again each time: `flock admin access` changes the file while the mesh runs. */
  #tree(): Promise<AccessTree> {
    return openTree(this.#paths.accessTree);
  }
}

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openTree, workerIssuer } from "@flock/access";
import { eventually, type TestMesh } from "@flock/harness";
import { localMeshKey } from "@flock/launcher";
import { freePort, REPOSITORY_ROOT } from "@flock/provision";

/** A further api of a mesh, as an operator sets one up at which workers enrol. */
export class EnrollingApi {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
  }

  /** Resolves when it answers. */
  static async start(mesh: TestMesh): Promise<EnrollingApi> {
    const { natsUrl, natsCredentialsFile = "", databaseUrl } = mesh.state;
    const tree = await openTree(join(mesh.dataDir, "access", "tree.json"));
    const issuerFile = join(mesh.dataDir, "access", "enrolling-issuer.json");
    await writeFile(issuerFile, JSON.stringify(workerIssuer(tree)), { mode: 0o600 });
    const port = await freePort();
    const log = openSync(join(mesh.dataDir, "logs", "enrolling-api.log"), "a");
    // The channel ends it with the test, whatever becomes of that.
    const child = spawn(process.execPath, [join(REPOSITORY_ROOT, "services/api/dist/main.js")], {
      env: {
        PATH: process.env["PATH"] ?? "",
        ...{ API_PORT: `${port}`, API_GRPC_PORT: "0", DATABASE_URL: databaseUrl },
        ...{ NATS_URL: natsUrl, NATS_CREDENTIALS_FILE: natsCredentialsFile },
        MESH_KEY_FILE: (await localMeshKey(mesh.dataDir)).file,
        ...{ API_WORKER_ISSUER_FILE: issuerFile, API_WORKER_NATS_URLS: natsUrl },
      },
      stdio: ["ignore", log, log, "ipc"],
    });
    closeSync(log);
    const api = new EnrollingApi(child, `http://127.0.0.1:${port}`);
    try {
      await eventually("the api to answer", async () => {
        if (child.exitCode !== null) throw new Error("the api has ended: see its log");
        return (await fetch(`${api.url}/api/version`)).status === 200;
      });
    } catch (error) {
      await api.stop();
      throw error;
    }
    return api;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    await exited;
  }
}

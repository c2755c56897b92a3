import { join } from "node:path";
import { issueWorkerCredentials, readTree, workerIssuer, writeSecret } from "@flock/access";
import { loadOrCreateIdentity } from "@flock/keys";

/** No run of the bench lasts longer. */
const LIFE_SECONDS = 86_400;

/** Has NATS let a worker in without an enrolment, as `flock admin access worker` does: it may be no worker. */
export interface AdmittedWorker {
  readonly id: string;
  readonly keyFile: string;
  readonly credentialsFile: string;
}

/** Makes a worker's key, if there is none, and its credentials for the mesh of that data directory. */
export async function admitWorker(dataDir: string, name: string): Promise<AdmittedWorker> {
  const keyFile = join(dataDir, "workers", `${name}.json`);
  const { id } = await loadOrCreateIdentity(keyFile);
  const issuer = workerIssuer(await readTree(join(dataDir, "access", "tree.json")));
  const credentialsFile = join(dataDir, "access", `${name}.creds`);
  const pass = { workerId: id, lifeSeconds: LIFE_SECONDS };
  await writeSecret(credentialsFile, await issueWorkerCredentials(issuer, pass));
  return { id, keyFile, credentialsFile };
}

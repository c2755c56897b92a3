import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createTree, workerIssuer } from "@flock/access";
import { createIdentity } from "@flock/keys";
import { banWorker } from "@flock/mesh";
import { type EnrolmentUnderContract, enrolmentForWorkerContract } from "@flock/ports";
import { createTestDirectory, startTestNats, startTestPostgres } from "@flock/provision/testing";
import { ApiUnderTest, connectForTest } from "./api-under-test.js";

/** The api itself, as its users know it without a public URL. */
async function start(): Promise<EnrolmentUnderContract> {
  const [directory, nats, postgres] = await Promise.all([
    createTestDirectory(),
    startTestNats(),
    startTestPostgres(),
  ]);
  const issuerFile = join(directory.path, "issuer.json");
  await writeFile(issuerFile, JSON.stringify(workerIssuer(createTree())));
  const meshKeyFile = join(directory.path, "mesh-key.json");
  await createIdentity(meshKeyFile);
  const environment = {
    ...{ API_WORKER_ISSUER_FILE: issuerFile, API_WORKER_NATS_URLS: nats.url },
    MESH_KEY_FILE: meshKeyFile,
  };
  const api = await ApiUnderTest.start(nats.url, await postgres.createDatabase(), environment);
  const mesh = await connectForTest(nats.url, "test");
  return {
    url: api.baseUrl,
    ban: (wallet) => banWorker(mesh, wallet, { reason: "it was hostile", unixMs: Date.now() }),
    stop: async () => {
      await mesh.close();
      await api.stop();
      await Promise.all([nats.stop(), postgres.stop()]);
      await directory.remove();
    },
  };
}

enrolmentForWorkerContract("the api", start);

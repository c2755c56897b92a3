import { startTestApi, type TestApi } from "../../services/api/test/start-test-api.js";
import { ClientsMesh } from "./clients-mesh.js";
import { describeEnvironments } from "./describe-environments.js";
import { describeLibraryFaults } from "./describe-library-faults.js";
import { describeLibraryOnMesh } from "./describe-library-mesh.js";
import { NODE_ENVIRONMENTS } from "./environments.js";
import { JAVASCRIPT_LIBRARIES } from "./libraries/javascript.js";

describe("client libraries from npm, unmodified", () => {
  let api: TestApi;
  let mesh: ClientsMesh;
  beforeAll(async () => {
    [api, mesh] = await Promise.all([startTestApi(), ClientsMesh.start()]);
  }, 180_000);
  afterAll(async () => {
    await api?.stop();
    await mesh?.stop();
  }, 60_000);
  describeEnvironments(NODE_ENVIRONMENTS, undefined, () => api);
  for (const library of JAVASCRIPT_LIBRARIES) {
    describeLibraryFaults(library, () => api);
    describeLibraryOnMesh(library, () => mesh);
  }
});

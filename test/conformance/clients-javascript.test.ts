import { startTestApi, type TestApi } from "../../services/api/test/start-test-api.js";
import { describeLibraryFaults } from "./describe-library-faults.js";
import { JAVASCRIPT_LIBRARIES } from "./libraries/javascript.js";

describe("client libraries from npm, unmodified", () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startTestApi();
  });
  afterAll(() => api.stop());
  for (const library of JAVASCRIPT_LIBRARIES) describeLibraryFaults(library, () => api);
});

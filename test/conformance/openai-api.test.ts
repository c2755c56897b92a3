import { PLAIN_MODEL, startTestApi, type TestApi } from "../../services/api/test/start-test-api.js";
import { describeOpenAi } from "./describe-openai.js";

/** The api alone, with an echo in the place of the network; the same tests run against a whole mesh elsewhere. */
describe("OpenAI dialect, api alone", () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startTestApi();
  });
  afterAll(() => api.stop());
  describeOpenAi(() => ({
    baseUrl: api.baseUrl,
    apiKey: api.apiKey,
    model: PLAIN_MODEL.name,
    longPrompt: "word ".repeat(2_000),
  }));
});

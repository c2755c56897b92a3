import { TestMesh } from "@flock/harness";
import { describeAnthropicOnMesh, STREAMS } from "./describe-anthropic-mesh.js";
import { describeGrpcOnMesh } from "./describe-grpc-mesh.js";
import { describeOllamaOnMesh } from "./describe-ollama-mesh.js";
import { describeOpenAiOnMesh } from "./describe-openai-mesh.js";
import { describeSharedRequests } from "./describe-shared-requests.js";
import { findRealOllama } from "./real-ollama.js";

const real = await findRealOllama(process.env["OLLAMA_HOST"]);

/** Real api, router, ledger, workers and engine: the same for all, because a mesh takes longer to start than to ask. */
describe("a whole mesh", () => {
  let mesh: TestMesh;
  beforeAll(async () => {
    mesh = await TestMesh.start({ workerSlots: STREAMS });
  }, 180_000);
  afterAll(() => mesh?.stop(), 60_000);

  describeSharedRequests(real, () => mesh);
  describeGrpcOnMesh(() => mesh);
  describeOllamaOnMesh(() => mesh);
  describeOpenAiOnMesh(() => mesh);
  describeAnthropicOnMesh(() => mesh);
});

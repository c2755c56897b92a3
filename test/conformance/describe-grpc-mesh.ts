import type { TestMesh } from "@flock/harness";
import { GenericGrpcClient } from "./generic-grpc-client.js";

const INFERENCE = "flock.public.v1.Inference";
const STORY = { model: "flock-tiny", options: { num_predict: 12, temperature: 0, seed: 1 } };

export function describeGrpcOnMesh(given: () => TestMesh): void {
  describe("a client that has nothing but the address and a key, on a whole mesh", () => {
    let mesh: TestMesh;
    let client: GenericGrpcClient;
    beforeAll(async () => {
      mesh = given();
      const { grpcAddress, apiKey } = mesh.state;
      client = await GenericGrpcClient.connect(grpcAddress, { apiKey, version: "v1" });
    });
    afterAll(() => client?.close());

    it("finds every service of the contract, and no other", () => {
      expect(client.services).toEqual([
        ...["Account", "Inference", "Jobs", "Ledger", "Models", "Money", "Sessions", "Trust", "Workers"].map(
          (name) => `flock.public.v1.${name}`,
        ),
        "grpc.health.v1.Health",
        "grpc.reflection.v1.ServerReflection",
        "grpc.reflection.v1alpha.ServerReflection",
      ]);
    });

    it("asks which models there are", async () => {
      const { models } = await client.ask("flock.public.v1.Models", "ListModels", {});
      expect(models).toEqual([
        expect.objectContaining({ name: "flock-tiny:latest", is_available: true, format: "gguf" }),
      ]);
      const { model } = await client.ask("flock.public.v1.Models", "GetModel", { name: "flock-tiny" });
      expect(model).toEqual((models as readonly unknown[])[0]);
    });

    it("chats, and is told the same as over HTTP", async () => {
      const conversation = [{ role: "user", content: "Once upon a time" }];
      const messages = await client.stream(INFERENCE, "Chat", { ...STORY, messages: conversation });
      const text = messages.map((message) => message["text"]).join("");
      expect(messages.at(-1)).toMatchObject({
        done: { reason: "length", completion_tokens: "12", completion_tokens_bound: "COUNT_BOUND_EXACT" },
      });
      const overHttp = await fetch(`${mesh.state.apiUrl}/api/chat`, {
        method: "POST",
        headers: { authorization: `Bearer ${mesh.state.apiKey}` },
        body: JSON.stringify({ ...STORY, messages: conversation, stream: false }),
      });
      expect(await overHttp.json()).toMatchObject({ message: { content: text }, eval_count: 12 });
    });

    it("has a text continued, in one message", async () => {
      const messages = await client.stream(INFERENCE, "Generate", {
        ...STORY,
        prompt: "Once upon a time",
        whole: true,
      });
      expect(messages).toHaveLength(1);
      expect(messages[0]).toMatchObject({ done: { completion_tokens: "12", model: "flock-tiny:latest" } });
      expect(String(messages[0]?.["text"]).length).toBeGreaterThan(10);
    });

    it("has vectors made", async () => {
      const answer = await client.ask(INFERENCE, "Embed", {
        model: "flock-tiny",
        input: ["a llama", "a house"],
      });
      const vectors = (answer["embeddings"] as { values: number[] }[]).map(({ values }) => values);
      expect(vectors).toHaveLength(2);
      for (const vector of vectors) {
        expect(vector.length).toBe(vectors[0]?.length);
        expect(Math.hypot(...vector)).toBeCloseTo(1, 3);
      }
    });

    it("sees its account pay, and the books of the network", async () => {
      const account = await client.ask("flock.public.v1.Account", "GetAccount", {});
      expect(account).toMatchObject({
        tier: { level: 0 },
        wallet: { posted_micro: expect.stringMatching(/^[1-9]/) },
      });
      const { epochs } = await client.ask("flock.public.v1.Ledger", "ListEpochs", { page_size: 1 });
      expect(epochs).toHaveLength(1);
      const { chain, parameters_json: parameters } = await client.ask(
        "flock.public.v1.Ledger",
        "GetNetwork",
        {},
      );
      expect(chain).toBeNull();
      expect(JSON.parse(String(parameters))).toMatchObject({
        values: { depositMinMicro: expect.any(String) },
      });
    });

    it("is told that the api serves", async () => {
      expect(await client.ask("grpc.health.v1.Health", "Check", { service: INFERENCE })).toEqual({
        status: "SERVING",
      });
    });
  });
}

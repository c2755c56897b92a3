import { eventually, type TestMesh } from "@flock/harness";
import OpenAI from "openai";
import { describeOpenAi } from "./describe-openai.js";

const ROUNDS_MAX = 6;

export function describeOpenAiOnMesh(given: () => TestMesh): void {
  describe("OpenAI dialect, whole mesh", () => {
    let mesh: TestMesh;
    let client: OpenAI;
    beforeAll(() => {
      mesh = given();
      client = new OpenAI({ baseURL: `${mesh.state.apiUrl}/v1`, apiKey: mesh.state.apiKey, maxRetries: 0 });
    });
    describeOpenAi(() => ({
      baseUrl: mesh.state.apiUrl,
      apiKey: mesh.state.apiKey,
      model: mesh.model,
      longPrompt: "Tell me a story about a llama.",
    }));

    it("answers what the engine answers, in JSON that fits a schema if it is asked to", async () => {
      const question = {
        model: mesh.model,
        messages: [{ role: "user" as const, content: "What is the capital of Peru?" }],
        temperature: 0,
      };
      const answer = await client.chat.completions.create(question);
      expect(answer.choices[0]).toMatchObject({
        message: { content: "The capital of Peru is Lima." },
        finish_reason: "stop",
      });
      const schema = {
        type: "object",
        properties: { capital: { type: "string", enum: ["Lima", "Quito"] } },
        required: ["capital"],
        additionalProperties: false,
      };
      const fitting = await client.chat.completions.create({
        ...question,
        response_format: { type: "json_schema", json_schema: { name: "capital", strict: true, schema } },
      });
      expect(JSON.parse(fitting.choices[0]?.message.content ?? "")).toEqual({
        capital: expect.stringMatching(/^(Lima|Quito)$/),
      });
    });

    it("refuses clearly what an account cannot pay for, and what only paused workers have", async () => {
      const poor = await mesh.account("poor", 0n);
      const messages = [{ role: "user" as const, content: "hi" }];
      const ask = (apiKey: string) =>
        client.withOptions({ apiKey }).chat.completions.create({ model: mesh.model, messages, stream: true });
      await expect(ask(poor.client.apiKey)).rejects.toMatchObject({
        status: 402,
        code: "insufficient_quota",
        type: "insufficient_quota",
      });
      for (const worker of ["worker-1", "worker-2"]) await mesh.control(worker, "pause");
      const listed = async () => (await client.models.list()).data.length;
      await eventually("the model is listed no more", async () => (await listed()) === 0);
      await expect(ask(mesh.state.apiKey)).rejects.toMatchObject({
        status: 503,
        code: "overloaded",
        message: `503 no worker serves model '${mesh.model}' at the moment`,
      });
      for (const worker of ["worker-1", "worker-2"]) await mesh.control(worker, "resume");
      await eventually("the model is listed again", async () => (await listed()) === 1);
    });

    /** Of the job that an answer with this id was, as the api's log says once the answer has left. */
    async function leasesOf(answerId: string): Promise<number> {
      const isLine = (line: Readonly<Record<string, unknown>>) =>
        answerId === `chatcmpl-${line["requestId"]}`;
      const line = await eventually(`the api's log line of ${answerId}`, () => mesh.log("api").find(isLine));
      return Number(line["leases"]);
    }

    /** A long answer whose worker is killed when it has begun. */
    async function disturbed() {
      await mesh.control("worker-2", "pause");
      const stream = await client.chat.completions.create({
        model: mesh.model,
        messages: [{ role: "user", content: "Tell me a story about a llama." }],
        temperature: 0,
        stream: true,
        stream_options: { include_usage: true },
      });
      const chunks = [];
      let back: Promise<unknown> | undefined;
      for await (const chunk of stream) {
        chunks.push(chunk);
        if (back !== undefined) continue;
        await mesh.control("worker-2", "resume");
        back = mesh.killAndAwaitReturn("worker", 0);
      }
      await back;
      return chunks;
    }

    it("frames an answer that another worker goes on with as if nothing had happened", async () => {
      // On a busy machine, an answer may be over before its worker is.
      for (let leases = 1, round = 0; leases === 1; round++) {
        expect(round).toBeLessThan(ROUNDS_MAX);
        const chunks = await disturbed();
        expect(new Set(chunks.map(({ id, created }) => `${id} ${created}`)).size).toBe(1);
        expect(chunks.flatMap(({ choices }) => choices[0]?.delta.role ?? [])).toEqual(["assistant"]);
        expect(chunks.flatMap(({ choices }) => choices[0]?.finish_reason ?? [])).toHaveLength(1);
        expect(chunks.flatMap(({ usage }) => usage ?? [])).toHaveLength(1);
        const text = chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join("");
        expect(text.length).toBeGreaterThan(100);
        leases = await leasesOf(chunks[0]?.id ?? "");
      }
    });
  });
}

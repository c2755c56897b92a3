import Anthropic from "@anthropic-ai/sdk";
import { type Books, eventually, type TestMesh } from "@flock/harness";
import OpenAI from "openai";
import { STORY_PROMPTS } from "../e2e/story-prompts.js";

/** As many as one worker has slots. */
export const STREAMS = 8;
const QUESTION = "What is the capital of Peru?";
const ANSWER = "The capital of Peru is Lima.";
const STORY = STORY_PROMPTS[0] ?? "";

/** With the libraries of Anthropic and OpenAI as any program would use them. */
export function describeAnthropicOnMesh(given: () => TestMesh): void {
  describe("the Messages API and the Responses API, whole mesh", () => {
    let mesh: TestMesh;
    let books: Books;
    let anthropic: Anthropic;
    let openai: OpenAI;
    const clientsOf = (apiKey: string) => ({
      anthropic: new Anthropic({ baseURL: mesh.state.apiUrl, apiKey, maxRetries: 0 }),
      openai: new OpenAI({ baseURL: `${mesh.state.apiUrl}/v1`, apiKey, maxRetries: 0 }),
    });
    beforeAll(async () => {
      mesh = given();
      books = await mesh.books();
      ({ anthropic, openai } = clientsOf(mesh.state.apiKey));
    });

    const ask = (content: string, tokensMax: number) => ({
      model: mesh.model,
      max_tokens: tokensMax,
      temperature: 0,
      messages: [{ role: "user" as const, content }],
    });
    const active = async () => {
      const leases = await Promise.all(["worker-1", "worker-2"].map((name) => mesh.activeLeases(name)));
      return leases.reduce((sum, each) => sum + each, 0);
    };

    /** The request's own settlement says what the client was told. */
    async function expectSettled(requestId: string | null | undefined, prompt: number, completion: number) {
      const { promptTokens, completionTokens } = await books.settled(requestId ?? "");
      expect([promptTokens, completionTokens]).toEqual([BigInt(prompt), BigInt(completion)]);
    }

    it("give a message, whole and streamed, that is charged as its usage says", async () => {
      const whole = await anthropic.messages.create(ask(QUESTION, 50));
      const streaming = anthropic.messages.stream(ask(QUESTION, 50));
      const streamed = await streaming.finalMessage();
      for (const { content, stop_reason: reason, usage } of [whole, streamed]) {
        expect(content).toMatchObject([{ type: "text", text: ANSWER }]);
        expect([reason, usage]).toEqual(["end_turn", whole.usage]);
      }
      for (const id of [whole._request_id, streaming.request_id])
        await expectSettled(id, whole.usage.input_tokens, whole.usage.output_tokens);
    });

    it("give a response, whole and streamed, that is charged as its usage says", async () => {
      const request = { model: mesh.model, input: QUESTION, temperature: 0 };
      const whole = await openai.responses.create(request);
      const streamed = await openai.responses.stream(request).finalResponse();
      for (const { output_text: text, status, usage } of [whole, streamed])
        expect([text, status, usage]).toEqual([ANSWER, "completed", whole.usage]);
      await expectSettled(whole._request_id, whole.usage?.input_tokens ?? 0, whole.usage?.output_tokens ?? 0);
    });

    it("end at the limit that was asked for", async () => {
      const message = await anthropic.messages.create(ask(STORY, 5));
      expect([message.stop_reason, message.usage.output_tokens]).toEqual(["max_tokens", 5]);
      const request = { model: mesh.model, input: STORY, max_output_tokens: 5 };
      const response = await openai.responses.create(request);
      expect(response).toMatchObject({ status: "incomplete", usage: { output_tokens: 5 } });
    });

    it("end a message before its stop sequence", async () => {
      const message = await anthropic.messages.create({ ...ask(QUESTION, 50), stop_sequences: [" Lima"] });
      expect(message).toMatchObject({
        content: [{ type: "text", text: "The capital of Peru is" }],
        stop_reason: "end_turn",
      });
    });

    it("go on after a client has aborted its stream, with nothing left at the workers", async () => {
      const message = anthropic.messages.stream(ask(STORY, 2_000));
      const read = async () => {
        for await (const event of message) if (event.type === "content_block_delta") message.abort();
      };
      await expect(read()).rejects.toBeInstanceOf(Anthropic.APIUserAbortError);
      const response = await openai.responses.create({ model: mesh.model, input: STORY, stream: true });
      for await (const event of response)
        if (event.type === "response.output_text.delta") response.controller.abort();
      await eventually("the workers are idle", async () => (await active()) === 0);
      expect((await anthropic.messages.create(ask(QUESTION, 50))).stop_reason).toBe("end_turn");
    });

    it("go on in the same block, in whole frames, when a worker is lost in the middle", async () => {
      await mesh.control("worker-2", "pause");
      const begun: Promise<void>[] = [];
      const streams = STORY_PROMPTS.slice(0, STREAMS).map((prompt) => {
        const stream = anthropic.messages.stream(ask(prompt, 400));
        const types: string[] = [];
        stream.on("streamEvent", ({ type }) => types.push(type));
        begun.push(new Promise((resolve) => stream.once("text", () => resolve())));
        return { stream, types };
      });
      await Promise.all(begun);
      await mesh.control("worker-2", "resume");
      const back = mesh.killAndAwaitReturn("worker", 0);
      const messages = await Promise.all(streams.map(({ stream }) => stream.finalMessage()));
      await back;
      for (const [index, message] of messages.entries()) {
        const types = streams[index]?.types ?? [];
        const deltas = types.filter((type) => type === "content_block_delta").length;
        expect(types).toEqual([
          "message_start",
          "content_block_start",
          ...Array.from({ length: deltas }, () => "content_block_delta"),
          "content_block_stop",
          "message_delta",
          "message_stop",
        ]);
        const { input_tokens: prompt, output_tokens: completion } = message.usage;
        await expectSettled(streams[index]?.stream.request_id, prompt, completion);
      }
      const ids = new Set(streams.map(({ stream }) => stream.request_id));
      const resumed = await eventually("the api's log lines", () => {
        const lines = mesh.log("api").filter((line) => ids.has(String(line["requestId"])));
        return lines.length >= STREAMS && lines.filter((line) => Number(line["leases"]) > 1);
      });
      expect(resumed.length).toBeGreaterThan(0);
    }, 60_000);

    it("tell what a model cannot do, a model that there is not, and an empty wallet", async () => {
      const tools = [{ name: "f", input_schema: { type: "object" as const } }];
      await expect(anthropic.messages.create({ ...ask(QUESTION, 5), tools })).rejects.toMatchObject({
        status: 400,
        error: { error: { type: "invalid_request_error", message: `${mesh.model} does not support tools` } },
      });
      const nobody = anthropic.messages.create({ ...ask(QUESTION, 5), model: "nobody" });
      await expect(nobody).rejects.toBeInstanceOf(Anthropic.NotFoundError);
      const { client } = await mesh.account("poor", 0n);
      const poor = clientsOf(client.apiKey);
      await expect(poor.anthropic.messages.create(ask(QUESTION, 5))).rejects.toMatchObject({
        status: 402,
        error: { error: { type: "billing_error" } },
      });
      const response = poor.openai.responses.create({ model: mesh.model, input: QUESTION });
      await expect(response).rejects.toMatchObject({ status: 402, code: "insufficient_quota" });
    });

    it("think on no model that cannot, though clients ask for it", async () => {
      const thinking = { type: "enabled" as const, budget_tokens: 1_024 };
      const message = await anthropic.messages.create({ ...ask(QUESTION, 2_000), thinking });
      expect(message.content).toMatchObject([{ type: "text", text: ANSWER }]);
    });

    it("list the models of the network", async () => {
      const { data } = await anthropic.models.list();
      expect(data).toMatchObject([{ type: "model", id: mesh.model, display_name: mesh.model }]);
      expect(await anthropic.models.retrieve(mesh.model)).toMatchObject({ id: mesh.model });
    });
  });
}

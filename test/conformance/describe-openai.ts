import OpenAI, { APIError, AuthenticationError, BadRequestError, NotFoundError } from "openai";
import { bearer, send, type Target } from "./http-client.js";

/** The unmodified `openai` package, as any program would use it, against any api that speaks the dialect. */
export function describeOpenAi(target: () => Target): void {
  const client = (apiKey = target().apiKey) =>
    new OpenAI({ baseURL: `${target().baseUrl}/v1`, apiKey, maxRetries: 0 });
  const settings = () => ({ model: target().model, max_tokens: 8, temperature: 0 });
  const messages = [{ role: "user" as const, content: "Tell me a story, please, now." }];

  describe("the openai client", () => {
    it("chats, whole and as a stream, with the same text and usage", async () => {
      const whole = await client().chat.completions.create({ ...settings(), messages });
      const [choice] = whole.choices;
      expect(whole).toMatchObject({ object: "chat.completion", model: target().model });
      expect(choice?.message).toMatchObject({ role: "assistant", content: expect.stringMatching(/./) });
      const stream = await client().chat.completions.create({
        ...settings(),
        messages,
        stream: true,
        stream_options: { include_usage: true },
      });
      const chunks = [];
      for await (const chunk of stream) chunks.push(chunk);
      const text = chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join("");
      expect(text).toBe(choice?.message.content);
      expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
      expect(chunks.flatMap(({ choices }) => choices[0]?.finish_reason ?? [])).toEqual([
        choice?.finish_reason,
      ]);
      expect(chunks.at(-1)).toMatchObject({ choices: [], usage: whole.usage });
      expect(whole.usage?.total_tokens).toBe(
        (whole.usage?.prompt_tokens ?? 0) + (whole.usage?.completion_tokens ?? 0),
      );
    });

    it("reads logprobs", async () => {
      const answer = await client().chat.completions.create({ ...settings(), messages, logprobs: true });
      const tokens = answer.choices[0]?.logprobs?.content ?? [];
      expect(tokens.length).toBeGreaterThan(0);
      for (const { token, logprob, top_logprobs: others } of tokens)
        expect([typeof token, typeof logprob, Array.isArray(others)]).toEqual(["string", "number", true]);
    });

    it("completes text, whole and as a stream", async () => {
      const request = { ...settings(), prompt: "Once upon a time there was a llama" };
      const whole = await client().completions.create(request);
      expect(whole).toMatchObject({ object: "text_completion", choices: [{ text: expect.any(String) }] });
      let text = "";
      const stream = await client().completions.create({ ...request, stream: true });
      for await (const { choices } of stream) text += choices[0]?.text ?? "";
      expect(text).toBe(whole.choices[0]?.text);
    });

    it("embeds, the same in base64 as in numbers", async () => {
      const input = ["one", "two"];
      const encoded = await client().embeddings.create({ model: target().model, input });
      const plain = await client().embeddings.create({
        model: target().model,
        input,
        encoding_format: "float",
      });
      expect(encoded.data.map(({ index }) => index)).toEqual([0, 1]);
      for (const [index, { embedding }] of encoded.data.entries()) {
        expect(Math.hypot(...embedding)).toBeCloseTo(1, 3);
        const same = plain.data[index]?.embedding ?? [];
        expect(embedding).toHaveLength(same.length);
        for (const [at, element] of embedding.entries())
          expect(element).toBeCloseTo(same[at] ?? Number.NaN, 5);
      }
      expect(encoded.usage).toEqual(plain.usage);
    });

    it("lists models and retrieves one", async () => {
      const ids = [];
      for await (const { id } of client().models.list()) ids.push(id);
      expect(ids).toContain(target().model);
      const shown = await client().models.retrieve(target().model);
      expect(shown).toMatchObject({ id: target().model, object: "model", owned_by: "library" });
    });

    it("takes the key in the base URL's path, too", async () => {
      const { baseUrl, apiKey } = target();
      const plain = new OpenAI({ baseURL: `${baseUrl}/k/${apiKey}/v1`, apiKey: "none" });
      const answer = await plain.chat.completions.create({ ...settings(), messages });
      expect(answer.choices).toHaveLength(1);
    });

    it("leaves in the middle of a stream", async () => {
      const stream = await client().chat.completions.create({
        ...settings(),
        max_tokens: 2_000,
        messages: [{ role: "user", content: target().longPrompt }],
        stream: true,
      });
      for await (const _chunk of stream) break;
      expect(stream.controller.signal.aborted).toBe(true);
    });

    it("is told of its mistakes in its own classes", async () => {
      await expect(client("flk_wrong").models.list()).rejects.toThrow(AuthenticationError);
      const ask = (body: object) => client().chat.completions.create({ ...settings(), messages, ...body });
      for (const stream of [true, false])
        await expect(ask({ model: "nobody", stream })).rejects.toMatchObject({
          status: 404,
          code: "model_not_found",
          message: "404 model 'nobody' not found",
        });
      await expect(ask({ max_tokens: "many" })).rejects.toThrow(BadRequestError);
      await expect(client().files.list()).rejects.toThrow(NotFoundError);
      const tools = [{ type: "function", function: { name: "f" } }];
      const refused = await ask({ tools }).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(APIError);
      expect(refused).toMatchObject({ status: 400, type: "invalid_request_error" });
      expect((await ask({ tools, tool_choice: "none" })).choices).toHaveLength(1);
    });
  });

  it("streams events that end with [DONE], behind headers that keep proxies from holding them back", async () => {
    const response = await send(target().baseUrl, {
      method: "POST",
      path: "/v1/chat/completions",
      headers: bearer(target()),
      body: JSON.stringify({ ...settings(), messages, stream: true }),
    });
    expect(response.status).toBe(200);
    expect(response.headers).toMatchObject({
      "content-type": "text/event-stream",
      "cache-control": "no-cache",
      "x-accel-buffering": "no",
      "x-request-id": expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    for (const header of ["content-length", "content-encoding"])
      expect(response.headers[header]).toBeUndefined();
    expect(response.body).toMatch(/^(data: \{[^\n]+\}\n\n)+data: \[DONE\]\n\n$/);
    // Of workers their aliases alone are told.
    expect(response.body).not.toMatch(/"usage"|"choices":\[\]|remote_host|worker(?!s":\[|",)/);
  });
}

import { Ollama } from "ollama";
import type { Target } from "./http-client.js";

/** The unmodified `ollama` package, as any program would use it. */
export function describeOllamaClient(target: () => Target): void {
  const client = () =>
    new Ollama({ host: target().baseUrl, headers: { Authorization: `Bearer ${target().apiKey}` } });
  const options = { num_predict: 6, temperature: 0 };
  const messages = [{ role: "user", content: "Tell me a story, please, now." }];

  describe("the ollama client", () => {
    it("generates and chats, whole", async () => {
      const { model } = target();
      const generated = await client().generate({ model, prompt: "Once upon a time", options });
      expect(generated).toMatchObject({ model, done: true, response: expect.stringMatching(/./) });
      const chatted = await client().chat({ model, messages, options });
      expect(chatted.message).toMatchObject({ role: "assistant", content: expect.stringMatching(/./) });
      expect(chatted.eval_count).toBeGreaterThan(0);
    });

    it("streams both", async () => {
      const { model } = target();
      let text = "";
      for await (const part of await client().generate({
        model,
        prompt: "Once upon a time",
        options,
        stream: true,
      }))
        text += part.response;
      expect(text).not.toBe("");
      const parts = [];
      for await (const part of await client().chat({ model, messages, options, stream: true }))
        parts.push(part);
      expect(parts.at(-1)).toMatchObject({ done: true });
      expect(parts.map((part) => part.message.content).join("")).not.toBe("");
    });

    it("takes the key in the host's path, too", async () => {
      const { baseUrl, apiKey, model } = target();
      const plain = new Ollama({ host: `${baseUrl}/k/${apiKey}` });
      expect(await plain.generate({ model, prompt: "hi", options })).toMatchObject({ done: true });
    });

    it("aborts a stream", async () => {
      const { model, longPrompt } = target();
      const stream = await client().generate({
        model,
        prompt: longPrompt,
        options: { num_predict: 2_000, temperature: 0 },
        stream: true,
      });
      const read = async () => {
        for await (const _part of stream) stream.abort();
      };
      await expect(read()).rejects.toMatchObject({ name: "AbortError" });
    });

    it("lists, shows and sees what is loaded", async () => {
      const { model } = target();
      const { models } = await client().list();
      expect(models).toContainEqual(
        expect.objectContaining({ name: model, model, digest: expect.stringMatching(/^[0-9a-f]{64}$/) }),
      );
      const shown = await client().show({ model });
      expect(shown.capabilities).toContain("completion");
      expect(shown.details).toMatchObject({ family: expect.any(String), families: expect.any(Array) });
      expect(Array.isArray((await client().ps()).models)).toBe(true);
    });

    it("embeds", async () => {
      const { model } = target();
      const { embeddings } = await client().embed({ model, input: ["one", "two"] });
      expect(embeddings).toHaveLength(2);
      for (const vector of embeddings) {
        expect(vector.length).toBeGreaterThan(0);
        expect(Math.hypot(...vector)).toBeCloseTo(1, 3);
      }
      expect((await client().embeddings({ model, prompt: "one" })).embedding).toHaveLength(
        embeddings[0]?.length ?? 0,
      );
    });

    it("is told of a wrong model, and that management is refused", async () => {
      await expect(client().generate({ model: "nobody", prompt: "hi" })).rejects.toMatchObject({
        status_code: 404,
        message: "model 'nobody' not found",
      });
      await expect(client().delete({ model: "nobody" })).rejects.toMatchObject({ status_code: 403 });
      await expect(client().pull({ model: "nobody" })).rejects.toMatchObject({ status_code: 403 });
    });
  });
}

import { eventually, type TestAccount } from "@flock/harness";
import { Ollama } from "ollama";
import { STORY_PROMPTS } from "../e2e/story-prompts.js";
import type { ClientsMesh } from "./clients-mesh.js";
import { type Access, type Library, WEATHER_TOOL } from "./libraries/library.js";

const MANNERS = ["whole", "streamed"] as const;
const STATUSES = [400, 401, 402, 404, 429, 503] as const;
const TOKENS_MAX = 100;
const STORY_TOKENS_MAX = 1_000;
/** What the engine may have said between the abort and its hearing of it, in lines; far less than the whole story. */
const LATE_LINES_MAX = 100;

/** What a library can do on a whole mesh: real api, router, ledger, worker and engine. */
export function describeLibraryOnMesh(library: Library, given: () => ClientsMesh): void {
  describe(`${library.name}, on a whole mesh`, () => {
    let account: TestAccount;
    beforeEach(async () => {
      account = await given().mesh.account("client");
    });

    const access = () => given().accessWith(account.client.apiKey);
    const ask = (prompt: string, tokensMax = TOKENS_MAX) => ({
      model: given().plainModel,
      prompt,
      tokensMax,
    });
    const question = () => ask("What is the capital of Peru?");
    const settlements = () => given().books.settlementsOf(account.accountId);

    const settlement = () => eventually("the settlement", async () => (await settlements())[0]);

    it.each(MANNERS)("has the engine's answer, and is charged what its usage says: %s", async (manner) => {
      const said = await library.ask(access(), question(), manner);
      expect(said.text).toBe("The capital of Peru is Lima.");
      if (manner === "streamed") expect(said.pieces).toBeGreaterThan(1);
      const { promptTokens, completionTokens } = await settlement();
      expect([promptTokens, completionTokens].map(Number)).toEqual([
        said.promptTokens,
        said.completionTokens,
      ]);
    });

    it.each(MANNERS)("has a model call a tool: %s", async (manner) => {
      const asked = { model: given().toolModel, prompt: "What is the weather in Paris?", tokensMax: 200 };
      expect(await library.callTool(access(), asked, manner)).toEqual([
        { name: WEATHER_TOOL.name, arguments: { city: "Paris" } },
      ]);
    });

    it("has an answer that fits a schema", async () => {
      expect(await library.fit(access(), question())).toEqual({
        capital: expect.stringMatching(/^(Lima|Quito)$/),
      });
    });

    const { embed } = library;
    if (embed !== undefined)
      it("has the engine's vectors", async () => {
        const texts = ["llama", "mountain"];
        const vectors = await embed(access(), given().plainModel, texts);
        const engine = new Ollama({ host: given().mesh.state.ollamaUrl });
        const { embeddings } = await engine.embed({ model: given().plainModel, input: texts });
        expect(vectors).toHaveLength(embeddings.length);
        for (const [index, vector] of vectors.entries())
          for (const [at, element] of (embeddings[index] ?? []).entries())
            expect(vector[at]).toBeCloseTo(element, 5);
      });

    it("leaves in the middle: the job ends, its slot is free, and what was generated is charged", async () => {
      const { proxy, books } = given();
      const seen = proxy.generations.length;
      await library.leave(access(), ask(STORY_PROMPTS[0] ?? "", STORY_TOKENS_MAX));
      const generation = proxy.generations[seen];
      await eventually("the engine to hear of it", () => generation?.hungUpMs !== undefined);
      const { completionTokens, chargeMicro } = await settlement();
      expect(Number(completionTokens)).toBeGreaterThan(0);
      expect(Number(completionTokens)).toBeLessThanOrEqual(generation?.answerLines ?? 0);
      expect(generation?.answerLines).toBeLessThan(LATE_LINES_MAX);
      expect(chargeMicro).toBeGreaterThan(0n);
      expect(await books.held(`wallet:${account.accountId}`)).toBe(0n);
      const { text } = await library.ask(access(), question(), "whole");
      expect(text).toBe("The capital of Peru is Lima.");
    });

    describe.each(STATUSES)("is told %i by its own class", (status) => {
      it.each(MANNERS)("before an answer that is %s", async (manner) => {
        const { kind, hasStatus = true } = library.faults[status];
        const refused = await provoke(status, manner).then(
          (value) => ({ kind: "nothing was thrown", status: undefined, message: JSON.stringify(value) }),
          (thrown: unknown) => library.failureOf(thrown),
        );
        expect(refused).toMatchObject({ kind, status: hasStatus ? status : undefined });
        expect(refused.message).toMatch(WORDS[status]);
        const { books } = given();
        await eventually("the hold to be released", async () => {
          return (await books.held(`wallet:${account.accountId}`)) === 0n;
        });
        expect(await settlements()).toEqual([]);
      });
    });

    const WORDS = {
      400: /does not support tools/,
      401: /unauthorized/,
      402: /balance|insufficient|needed/i,
      404: /model 'nobody' not found/,
      429: /at once|running|concurrent/,
      503: /no worker serves model/,
    };

    /** With a key that may have one request running, while it has one that goes on until `use` is over. */
    async function whileBusy<T>(use: (limited: Access) => Promise<T>): Promise<T> {
      const { proxy } = given();
      const limited = await given().limitedAccess();
      const seen = proxy.generations.length;
      proxy.hold();
      // By another client: a library of Python does one thing at a time.
      const { baseUrl: host, apiKey } = limited;
      const other = new Ollama({ host, headers: { authorization: `Bearer ${apiKey}` } });
      const running = other.generate({ model: given().plainModel, prompt: "Hello" });
      try {
        await eventually("the other request to run", () => proxy.generations.length > seen);
        return await use(limited);
      } finally {
        proxy.release();
        await running;
      }
    }

    async function provoke(status: (typeof STATUSES)[number], manner: (typeof MANNERS)[number]) {
      switch (status) {
        case 400:
          return library.callTool(access(), question(), manner);
        case 401:
          return library.ask(given().accessWith("flk_wrong"), question(), manner);
        case 402: {
          const { client } = await given().mesh.account("poor", 0n);
          return library.ask(given().accessWith(client.apiKey), question(), manner);
        }
        case 404:
          return library.ask(access(), { ...question(), model: "nobody" }, manner);
        case 429:
          return whileBusy((limited) => library.ask(limited, question(), manner));
        case 503:
          return library.ask(access(), { ...question(), model: given().goneModel }, manner);
      }
    }
  });
}

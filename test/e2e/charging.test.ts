import { type Books, describeEnd, eventually, type TestAccount, TestMesh, whole } from "@flock/harness";

/** µLLAMA per token, as this mesh's router enters models. */
const PROMPT_PRICE = 7n;
const COMPLETION_PRICE = 11n;
const ASK = { model: "flock-tiny", prompt: "Tell me a story about a llama.", options: { temperature: 0 } };

describe("what a request costs", () => {
  let mesh: TestMesh;
  let books: Books;
  let alice: TestAccount;
  beforeAll(async () => {
    mesh = await TestMesh.start({
      workers: 1,
      parameters: {
        priceUpTo1bPromptMicro: String(PROMPT_PRICE),
        priceUpTo1bCompletionMicro: String(COMPLETION_PRICE),
      },
    });
    books = await mesh.books();
    alice = await mesh.account("alice");
  }, 180_000);
  afterAll(() => mesh?.stop(), 60_000);

  async function balances() {
    const [worker] = mesh
      .log("worker-1")
      .flatMap(({ workerId }) => (typeof workerId === "string" ? [workerId] : []));
    const [wallet, earnings, fees] = await Promise.all([
      books.balance(`wallet:${alice.accountId}`),
      books.balance(`earnings:${worker}`).catch(() => 0n),
      books.balance("pool:fees"),
    ]);
    return { wallet, earnings, fees };
  }

  it.each([
    ["streamed", "/api/generate", { ...ASK, stream: true }],
    ["not streamed", "/api/generate", { ...ASK, stream: false }],
    ["a chat", "/api/chat", { model: "flock-tiny", messages: [{ role: "user", content: "Hello!" }] }],
    ["cut by num_predict", "/api/generate", { ...ASK, options: { temperature: 0, num_predict: 5 } }],
  ])(
    "is exactly its tokens times the prices: %s",
    async (_name, path, body) => {
      const before = await balances();
      const answer = await whole(alice.client.post(path, body));
      const settlement = await books.settled(answer.jobId);
      const after = await balances();
      const charge =
        BigInt(answer.promptTokens) * PROMPT_PRICE + BigInt(answer.completionTokens) * COMPLETION_PRICE;
      expect(answer.completionTokens).toBeGreaterThan(0);
      expect(settlement.chargeMicro).toBe(charge);
      expect(before.wallet - after.wallet).toBe(charge);
      // 95 % to the worker, rounded down; what is left to the fees, so that nothing is lost between them.
      expect(after.earnings - before.earnings).toBe((charge * 95n) / 100n);
      expect(after.fees - before.fees).toBe(charge - (charge * 95n) / 100n);
      expect(await books.held(`wallet:${alice.accountId}`)).toBe(0n);
    },
    60_000,
  );

  it("is the prompt's tokens alone for embeddings", async () => {
    const before = await balances();
    const answer = await whole(
      alice.client.post("/api/embed", { model: "flock-tiny", input: ["one llama", "two llamas"] }),
    );
    await books.settled(answer.jobId);
    expect(before.wallet - (await balances()).wallet).toBe(BigInt(answer.promptTokens) * PROMPT_PRICE);
  }, 60_000);

  it("is nothing for questions about models, and for requests that only load one", async () => {
    const before = await balances();
    const ollama = alice.client.ollama();
    await Promise.all([ollama.list(), ollama.ps(), ollama.show({ model: "flock-tiny" })]);
    expect((await whole(alice.client.generate({ model: "flock-tiny" }))).doneReason).toBe("load");
    expect(await balances()).toEqual(before);
  });

  it("is never more than the wallet has: the answer is cut where the money ends", async () => {
    const { promptTokens } = await whole(alice.client.generate({ ...ASK, options: { num_predict: 1 } }));
    // The bound of this prompt in tokens is not more than its bytes and what the template adds.
    const poor = await mesh.account("poor", 200n * PROMPT_PRICE + 10n * COMPLETION_PRICE);
    const answer = await whole(poor.client.generate(ASK));
    await books.settled(answer.jobId);
    expect(answer.doneReason).toBe("length");
    expect(answer.promptTokens).toBe(promptTokens);
    expect(await books.balance(`wallet:${poor.accountId}`)).toBeGreaterThanOrEqual(0n);
  }, 60_000);

  it("is what the usage of the key says, to the last µLLAMA", async () => {
    const team = await mesh.account("team");
    const answers = await Promise.all(
      [3, 9].map((tokens) => whole(team.client.generate({ ...ASK, options: { num_predict: tokens } }))),
    );
    const charges = await Promise.all(
      answers.map(async ({ jobId }) => (await books.settled(jobId)).chargeMicro),
    );
    const headers = { authorization: `Bearer ${team.client.apiKey}` };
    const usage = await eventually("both are counted", async () => {
      const response = await fetch(`${mesh.state.apiUrl}/flock/v1/usage?by=key`, { headers });
      const [row] = ((await response.json()) as { usage: Record<string, string>[] }).usage;
      return row?.["requests"] === "2" && row;
    });
    const sum = (numbers: readonly number[]) => String(numbers.reduce((total, each) => total + each, 0));
    expect(usage).toEqual({
      key_id: team.keyId,
      requests: "2",
      prompt_tokens: sum(answers.map(({ promptTokens }) => promptTokens)),
      completion_tokens: sum(answers.map(({ completionTokens }) => completionTokens)),
      charge_micro: String(charges.reduce((total, each) => total + each, 0n)),
    });
  }, 60_000);

  it("is refused with 402 when the wallet has too little, and nothing is generated", async () => {
    const broke = await mesh.account("broke", 0n);
    for (const stream of [true, false]) {
      const answer = broke.client.generate({ ...ASK, stream });
      expect(await answer.ended).toMatchObject({ kind: "refused", status: 402 });
      expect(answer.headers["retry-after"]).toBeUndefined();
    }
  });

  it("counts for nobody without a valid key: 401, told how to authenticate", async () => {
    for (const authorization of [undefined, "Bearer flk_wrong", "Basic abc"]) {
      const response = await fetch(`${mesh.state.apiUrl}/api/generate`, {
        method: "POST",
        ...(authorization === undefined ? {} : { headers: { authorization } }),
        body: JSON.stringify(ASK),
      });
      expect(response.status).toBe(401);
      expect(response.headers.get("www-authenticate")).toMatch(/^Bearer/);
      expect(await response.json()).toEqual({ error: expect.stringContaining("API key") });
    }
  });

  it("is charged once for each of many requests at once", async () => {
    const before = await balances();
    const asked = Array.from({ length: 40 }, (_, index) =>
      alice.client.generate({ ...ASK, stream: index % 2 === 0, options: { num_predict: 3 + (index % 5) } }),
    );
    const ends = await Promise.all(asked.map((answer) => answer.ended));
    expect(ends.filter((end) => end.kind !== "complete").map(describeEnd)).toEqual([]);
    const answers = await Promise.all(asked.map(whole));
    for (const { jobId } of answers) await books.settled(jobId);
    const settlements = await books.settlements(answers.map(({ jobId }) => jobId));
    const expected = answers.reduce(
      (sum, { promptTokens, completionTokens }) =>
        sum + BigInt(promptTokens) * PROMPT_PRICE + BigInt(completionTokens) * COMPLETION_PRICE,
      0n,
    );
    expect(settlements).toHaveLength(40);
    expect(settlements.reduce((sum, { chargeMicro }) => sum + chargeMicro, 0n)).toBe(expected);
    expect(before.wallet - (await balances()).wallet).toBe(expected);
  }, 60_000);
});

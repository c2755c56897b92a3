import { type Books, eventually, type TestAccount, TestMesh, type WholeAnswer, whole } from "@flock/harness";
import { openReceipt } from "@flock/jobs";
import { SignedReceipt } from "@flock/proto/jobs";
import { STORY_PROMPTS } from "./story-prompts.js";

const PROMPT = "Tell me a long story about a llama.";
const messages = [{ role: "user", content: PROMPT }];
const ALIAS = /^w-[a-z2-7]{12}$/;

interface Story {
  readonly job_id: string;
  readonly trace_id: string;
  readonly workers: readonly string[];
  readonly privacy: string;
  readonly resumes: number;
  readonly charge_micro: string;
  readonly timing_ms: Readonly<Record<"queue" | "claim" | "prefill" | "decode" | "total", number>>;
}
interface Job extends Omit<Story, "job_id"> {
  readonly id: string;
  readonly state: string;
  readonly completion_tokens: number;
}

/** What anybody may read. */
interface Facts {
  readonly model?: {
    readonly tokens_per_second: { readonly n: number } | null;
    readonly first_token_ms: { readonly p50: number } | null;
    readonly hours: readonly { readonly wait_ms: number | null }[];
  };
  readonly live?: {
    readonly workers: number | null;
    readonly slots: { readonly busy: number } | null;
    readonly hardware: readonly object[];
  };
}

/** Each dialect's way to an answer of a few tokens. */
const DIALECTS: readonly (readonly [string, string, object])[] = [
  ["Ollama", "/api/chat", { messages, options: { num_predict: 12 } }],
  ["OpenAI", "/v1/chat/completions", { messages, max_tokens: 12 }],
  ["OpenAI Responses", "/v1/responses", { input: PROMPT, max_output_tokens: 12 }],
  ["Anthropic", "/v1/messages", { messages, max_tokens: 12 }],
];

describe("the story that an answer tells", () => {
  let mesh: TestMesh;
  let books: Books;
  let alice: TestAccount;
  let bob: TestAccount;
  beforeAll(async () => {
    mesh = await TestMesh.start({ workers: 2, workerSlots: STORY_PROMPTS.length });
    books = await mesh.books();
    [alice, bob] = [await mesh.account("alice"), await mesh.account("bob")];
  }, 180_000);
  afterAll(() => mesh?.stop(), 60_000);

  function ask(account: TestAccount, path: string, body: object): Promise<Response> {
    return fetch(`${mesh.state.apiUrl}${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${account.client.apiKey}` },
      body: JSON.stringify({ model: mesh.model, ...body }),
    });
  }

  function jobAt(account: TestAccount, id: string): Promise<Response> {
    const headers = { authorization: `Bearer ${account.client.apiKey}` };
    return fetch(`${mesh.state.apiUrl}/flock/v1/jobs/${id}`, { headers });
  }

  async function jobOf(account: TestAccount, id: string): Promise<Job> {
    const response = await jobAt(account, id);
    expect(response.status).toBe(200);
    return ((await response.json()) as { job: Job }).job;
  }

  /** The member `flock` of a stream, wherever in it. */
  function storyIn(text: string): Story {
    const [, story] = /"flock":(\{.*?\}\})/.exec(text) ?? [];
    return JSON.parse(story ?? "null") as Story;
  }

  const timingsIn = (header: string | null): Record<string, number> =>
    Object.fromEntries(
      (header ?? "").split(", ").map((stage) => {
        const [name = "", duration = ""] = stage.split(";dur=");
        return [name, Number(duration)];
      }),
    );

  const workerIds = (): string[] =>
    ["worker-1", "worker-2"].flatMap((part) =>
      mesh.log(part).flatMap(({ workerId }) => (typeof workerId === "string" ? [workerId] : [])),
    );

  it.each(DIALECTS)(
    "is that of the books and of the job, in whole answers: %s",
    async (_name, path, body) => {
      const response = await ask(alice, path, { ...body, stream: false });
      await response.text();
      const { headers } = response;
      const id = headers.get("x-flock-job-id") ?? "";
      const job = await jobOf(alice, id);
      expect(job.state).toBe("completed");
      expect(headers.get("x-request-id")).toBe(id);
      expect(headers.get("x-flock-trace-id")).toBe(job.trace_id);
      expect(headers.get("x-flock-worker")).toMatch(ALIAS);
      expect([headers.get("x-flock-worker")]).toEqual(job.workers);
      expect([headers.get("x-flock-privacy"), job.privacy]).toEqual(["sealed-to-worker", "sealed-to-worker"]);
      expect([headers.get("x-flock-resumes"), job.resumes]).toEqual(["0", 0]);
      expect(timingsIn(headers.get("server-timing"))).toEqual(job.timing_ms);
      const { queue, claim, prefill, decode, total } = job.timing_ms;
      expect(queue + claim + prefill + decode).toBeLessThanOrEqual(total);
      expect(prefill + decode).toBeGreaterThan(0);
      const { chargeMicro } = await books.settled(id);
      expect([headers.get("x-flock-charge-micro"), job.charge_micro]).toEqual([
        String(chargeMicro),
        String(chargeMicro),
      ]);
    },
  );

  it.each(DIALECTS)("is that of the books and of the job, in streams: %s", async (_name, path, body) => {
    const response = await ask(alice, path, { ...body, stream: true });
    const { headers } = response;
    const story = storyIn(await response.text());
    const { id, ...job } = await jobOf(alice, story.job_id);
    const { job_id: jobId, ...told } = story;
    expect(job).toMatchObject({ ...told, state: "completed" });
    expect([headers.get("x-flock-job-id"), jobId]).toEqual([id, id]);
    const { decode: _decode, total: _total, ...begun } = story.timing_ms;
    expect(timingsIn(headers.get("server-timing"))).toEqual(begun);
    expect([headers.get("x-flock-worker")]).toEqual(story.workers);
    const { chargeMicro } = await books.settled(id);
    expect(story.charge_micro).toBe(String(chargeMicro));
  });

  it("is told of vectors, too", async () => {
    const response = await ask(alice, "/v1/embeddings", { input: "a llama" });
    const { chargeMicro } = await books.settled(response.headers.get("x-flock-job-id") ?? "");
    expect(response.headers.get("x-flock-charge-micro")).toBe(String(chargeMicro));
  });

  it("has a receipt that its signer vouches for", async () => {
    const { jobId } = await whole(alice.client.generate({ model: mesh.model, prompt: "hi", stream: false }));
    const { completion_tokens: tokens } = await jobOf(alice, jobId);
    const response = await jobAt(alice, `${jobId}/receipt`);
    const { receipt } = (await response.json()) as { receipt: Readonly<Record<string, string>> };
    const opened = openReceipt(SignedReceipt.decode(Buffer.from(receipt["signed_receipt"] ?? "", "base64")));
    expect(opened).toMatchObject({ jobId, completionTokens: tokens });
    expect(receipt).toMatchObject({ job_id: jobId, completion_tokens: tokens, outcome: "completed" });
    expect(receipt["worker_key"]).toBe(opened?.workerId);
    expect(workerIds()).toContain(opened?.workerId);
  });

  it("names nobody, calls a worker otherwise in another account, and is told to its own account alone", async () => {
    await mesh.control("worker-2", "pause");
    try {
      const of = async (account: TestAccount) => {
        const { headers } = await ask(account, "/api/generate", { prompt: "hi", stream: false });
        return { id: headers.get("x-flock-job-id") ?? "", worker: headers.get("x-flock-worker") ?? "" };
      };
      const [first, second, others] = [await of(alice), await of(alice), await of(bob)];
      expect(second.worker).toBe(first.worker);
      expect(others.worker).not.toBe(first.worker);
      for (const workerId of workerIds())
        for (const alias of [first.worker, others.worker])
          expect(alias.includes(workerId) || workerId.includes(alias)).toBe(false);
      expect((await jobAt(bob, first.id)).status).toBe(404);
    } finally {
      await mesh.control("worker-2", "resume");
    }
  });

  it("is part of what everybody is told of the network: the model's speed, and what happens now", async () => {
    const read = async (path: string) =>
      (await (await fetch(`${mesh.state.apiUrl}/flock/v1${path}`)).json()) as Facts;
    const { model } = await eventually("its answers are measured", async () => {
      const facts = await read(`/models/${encodeURIComponent(mesh.model)}`);
      return (facts.model?.tokens_per_second?.n ?? 0) > 0 && facts;
    });
    expect(model).toMatchObject({
      workers: { all: 2 },
      waiting: 0,
    });
    expect(model?.hours[0]?.wait_ms).toBeGreaterThanOrEqual(0);
    expect(model?.first_token_ms?.p50).toBeGreaterThan(0);
    const live = await eventually("they are over, and the worker that was paused is heard", async () => {
      const facts = await read("/network");
      return facts.live?.slots?.busy === 0 && facts.live.workers === 2 && facts.live;
    });
    const slots = { all: 2 * STORY_PROMPTS.length, busy: 0 };
    expect(live).toMatchObject({ group_min: 1, slots, rejected_while_idle: 0 });
    // The machine that this runs on.
    expect(live.hardware).toMatchObject([{ workers: 2, slots: slots.all }]);
  }, 60_000);

  it("tells of a worker that was killed: a resume, and both of them in order", async () => {
    const requests = STORY_PROMPTS.map((prompt) => ({
      model: mesh.model,
      prompt,
      options: { temperature: 0 },
    }));
    await mesh.control("worker-2", "pause");
    const answers = requests.map((request) => alice.client.generate(request));
    await Promise.all(answers.map((answer) => answer.until("its first line", (so) => so.lines.length > 0)));
    await mesh.control("worker-2", "resume");
    const back = mesh.killAndAwaitReturn("worker", 0);
    const ended = await Promise.all(answers.map(whole));
    await back;
    const storyOf = ({ last }: WholeAnswer) => last["flock"] as Story;
    // Of twenty streams on one machine, most are under way.
    const resumed = ended.filter((answer) => storyOf(answer).resumes > 0);
    expect(resumed.length).toBeGreaterThan(0);
    for (const answer of resumed) {
      const story = storyOf(answer);
      expect(story.workers).toHaveLength(story.resumes + 1);
      expect(new Set(story.workers).size).toBe(2);
      const job = await jobOf(alice, answer.jobId);
      expect(job).toMatchObject({ workers: story.workers, resumes: story.resumes });
      const { chargeMicro } = await books.settled(answer.jobId);
      expect([story.charge_micro, job.charge_micro]).toEqual([String(chargeMicro), String(chargeMicro)]);
    }
  }, 60_000);

  it("is kept when the api that ran the job is killed", async () => {
    const { jobId } = await whole(alice.client.generate({ model: mesh.model, prompt: "hi" }));
    const told = await jobOf(alice, jobId);
    const isKept = async () =>
      (await books.query<{ id: string }>(`SELECT id::text FROM api.jobs WHERE id = '${jobId}'`)).length === 1;
    await eventually("it is kept", isKept);
    await mesh.killAndAwaitReturn("api");
    expect(await jobOf(alice, jobId)).toEqual(told);
  }, 60_000);
});

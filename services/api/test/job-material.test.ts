import { randomUUID } from "node:crypto";
import { call } from "@flock/mesh";
import { PROTOCOL_VERSION } from "@flock/proto";
import { API } from "@flock/proto/keys";
import type { JobMaterialReply } from "@flock/proto/verifier";
import { eventually } from "@flock/provision/testing";
import type { FakeJob } from "./fake-requester.js";
import { MoneyApi } from "./money-api.js";
import { offer } from "./offered-model.js";
import { ABLE_MODEL } from "./start-test-api.js";

/* What the verifier asks of the api: request and answer of jobs that ended a moment ago. */

const SECRET = "a private thought";
const [KEEPS, FORGETS] = [0, 1] as const;

describe("the material of a job", () => {
  let money: MoneyApi;
  let apiKey: string;
  beforeAll(async () => {
    money = await MoneyApi.start([{}, { API_MATERIAL_TTL_MS: "300" }]);
    await offer(money.mesh, ABLE_MODEL);
    const asked = { version: PROTOCOL_VERSION, accountId: "alice", label: "", rights: undefined };
    ({ apiKey } = await call(money.mesh, API.createKey, asked));
    await eventually("the model is known", async () => (await money.apis[0].status(apiKey)) === 200);
  }, 120_000);
  afterAll(() => money?.stop());

  async function ask(
    body: object,
    headers: Record<string, string> = {},
    api: 0 | 1 = KEEPS,
  ): Promise<FakeJob> {
    const { baseUrl, requester } = money.apis[api];
    const asking = { model: ABLE_MODEL.name, prompt: SECRET, stream: false, ...body };
    const response = await fetch(`${baseUrl}/api/${"input" in body ? "embed" : "generate"}`, {
      method: "POST",
      headers: { authorization: `Bearer ${apiKey}`, ...headers },
      body: JSON.stringify(asking),
    });
    expect([response.status, await response.text()]).toEqual([200, expect.any(String)]);
    return requester.jobs.at(-1) as FakeJob;
  }

  function materialOf(jobId: string, api: 0 | 1 = KEEPS): Promise<JobMaterialReply> {
    const instance = money.apis[api].requester.eventName;
    return call(money.mesh, API.jobMaterial, { version: PROTOCOL_VERSION, jobId }, { instance });
  }

  const notFound = expect.objectContaining({ code: "not_found" });

  it("is its request and what was delivered, from the process that its events name", async () => {
    const { spec } = await ask({});
    const material = await materialOf(spec.jobId);
    expect(material).toMatchObject({ operation: spec.operation, doneReason: "stop", promptTokens: 7 });
    expect(Buffer.from(material.requestJson)).toEqual(Buffer.from(spec.requestJson));
    expect(material.pieces.map(({ text }) => text).join("")).toContain("private");
    expect(material.pieces.map(({ tokens }) => tokens)).toEqual([1, 1, 1]);
    await expect(materialOf(spec.jobId, FORGETS)).rejects.toEqual(notFound);
    await expect(materialOf(randomUUID())).rejects.toEqual(notFound);
  });

  it("has the vectors of an embedding", async () => {
    const { spec } = await ask({ input: ["one"] });
    const { embeddingsJson } = await materialOf(spec.jobId);
    expect(JSON.parse(Buffer.from(embeddingsJson).toString())).toEqual([expect.any(Array)]);
  });

  it("is not kept of what its client does not let be run again", async () => {
    const { spec } = await ask({}, { "x-flock-checking": "never" });
    await expect(materialOf(spec.jobId)).rejects.toEqual(notFound);
    const always = await ask({}, { "x-flock-checking": "always" });
    expect((await materialOf(always.spec.jobId)).pieces).toHaveLength(3);
  });

  it("is not kept of answers that are not whole, have tool calls, or are too long", async () => {
    const { requester } = money.apis[KEEPS];
    const toolCallsJson = Buffer.from('[{"function":{"name":"look","arguments":{}}}]');
    const answers: ((job: FakeJob) => void)[] = [
      (job) => {
        job.chunk("", { toolCallsJson });
        job.end();
      },
      (job) => {
        for (let part = 0; part < 5; part++) job.chunk("x".repeat(100_000));
        job.end();
      },
    ];
    const usual = requester.onJob;
    for (const answer of answers) {
      requester.onJob = answer;
      const { spec } = await ask({});
      await expect(materialOf(spec.jobId)).rejects.toEqual(notFound);
    }
    requester.onJob = usual;
  });

  it("is gone after its time, and in no log at any time", async () => {
    const { spec } = await ask({}, {}, FORGETS);
    expect((await materialOf(spec.jobId, FORGETS)).pieces).toHaveLength(3);
    const bytes = async () =>
      Number(/^flock_api_material_bytes\S* (\d+)/m.exec(await money.apis[FORGETS].metrics())?.[1]);
    expect(await bytes()).toBeGreaterThan(0);
    await eventually("it is gone from memory", async () => (await bytes()) === 0);
    await expect(materialOf(spec.jobId, FORGETS)).rejects.toEqual(notFound);
    const text = money.apis.flatMap(({ logs }) => logs).join("");
    expect(text).toContain(spec.jobId);
    for (const word of ["private", "thought"]) expect(text).not.toContain(word);
  });
});

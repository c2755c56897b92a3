import { eventually, TestMesh } from "@flock/harness";
import { call } from "@flock/mesh";
import { PROTOCOL_VERSION } from "@flock/proto";
import { type SummaryReply, VERIFIER } from "@flock/proto/verifier";

const version = PROTOCOL_VERSION;
const QUESTIONS = ["Peru", "France", "Japan", "Kenya", "Chile", "Spain", "Egypt", "Norway"];

let mesh: TestMesh;
beforeAll(async () => {
  mesh = await TestMesh.start({ workers: 2, verifier: true, environment: { VERIFIER_CONCURRENCY: "2" } });
}, 180_000);
afterAll(() => mesh?.stop(), 60_000);

async function summary(): Promise<SummaryReply> {
  return call(await mesh.connection(), VERIFIER.summary, { version });
}

/** Asks for an answer of some length. */
async function ask(question: string): Promise<void> {
  const response = await fetch(`${mesh.state.apiUrl}/api/generate`, {
    method: "POST",
    headers: { authorization: `Bearer ${mesh.state.apiKey}` },
    body: JSON.stringify({
      model: mesh.model,
      prompt: `What is the capital of ${question}?`,
      stream: false,
      options: { temperature: 0, num_predict: 60 },
    }),
  });
  expect(response.status).toBe(200);
  await response.json();
}

describe("work that is checked", () => {
  it("is found to be the model's, when it is", async () => {
    for (const question of QUESTIONS) await ask(question);
    await eventually("all jobs are checked", async () => (await summary()).jobsChecked >= QUESTIONS.length, {
      timeoutMs: 60_000,
    });
    const { jobsDrawn, jobsChecked, different, checkTokens } = await summary();
    expect({ jobsDrawn, jobsChecked, different }).toEqual({
      jobsDrawn: QUESTIONS.length,
      jobsChecked: QUESTIONS.length,
      different: 0,
    });
    expect(checkTokens).toBeGreaterThan(0);
  }, 120_000);
});

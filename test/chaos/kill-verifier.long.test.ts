import { eventually, TestMesh } from "@flock/harness";
import { call } from "@flock/mesh";
import { PROTOCOL_VERSION } from "@flock/proto";
import { type SummaryReply, VERIFIER } from "@flock/proto/verifier";

const KILLS = 6;
const JOBS_BETWEEN = 6;

let mesh: TestMesh;
beforeAll(async () => {
  mesh = await TestMesh.start({ workers: 2, verifier: true });
}, 180_000);
// It compares the books with what was settled: no run is paid twice.
afterAll(() => mesh?.stop(), 60_000);

async function ask(number: number): Promise<void> {
  const response = await fetch(`${mesh.state.apiUrl}/api/generate`, {
    method: "POST",
    headers: { authorization: `Bearer ${mesh.state.apiKey}` },
    body: JSON.stringify({
      model: mesh.model,
      prompt: `What is ${number} and ${number}?`,
      stream: false,
      options: { temperature: 0, num_predict: 40 },
    }),
  });
  expect(response.status).toBe(200);
  await response.json();
}

async function summary(): Promise<SummaryReply> {
  return call(await mesh.connection(), VERIFIER.summary, { version: PROTOCOL_VERSION });
}

describe("a verifier that is killed again and again", () => {
  it("has in the end seen and checked each job once", async () => {
    for (let kill = 0; kill < KILLS; kill++) {
      const asked = Array.from({ length: JOBS_BETWEEN }, (_, index) => ask(kill * JOBS_BETWEEN + index));
      await asked[kill % JOBS_BETWEEN];
      const gone = await mesh.signal("verifier", "SIGKILL");
      await Promise.all(asked);
      await mesh.untilBack("verifier", gone, 1);
    }
    const all = KILLS * JOBS_BETWEEN;
    await eventually("all jobs are checked", async () => (await summary()).jobsChecked >= all, {
      timeoutMs: 120_000,
    });
    const { jobsSeen, jobsDrawn, jobsChecked } = await summary();
    expect({ jobsSeen, jobsDrawn, jobsChecked }).toEqual({ jobsSeen: all, jobsDrawn: all, jobsChecked: all });
  }, 300_000);
});

import { startTestApi, type TestApi } from "../../services/api/test/start-test-api.js";
import { DIFFERENCES } from "./golden-differences.js";
import {
  errorIn,
  parsed,
  RECORDED_MODELS,
  type Recording,
  recordingsIn,
  replay,
} from "./golden-recordings.js";

const FILES = ["generate", "chat", "embed", "listing", "other"];
const TEXT_PATHS = ["/api/generate", "/api/chat", "/api/embed", "/api/embeddings"];
/** Members of answers that only a real model has something for, or that we do not tell; see docs/api.md. */
const NOT_OURS: ReadonlySet<string> = new Set(["context", "_debug_info"]);

const RECORDINGS = recordingsIn(FILES);

/** The api alone, with an echo in the place of the network: what it decides itself must be what Ollama decides. */
describe("what a real Ollama was asked", () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startTestApi({ models: RECORDED_MODELS });
  });
  afterAll(() => api.stop());

  const ask = (recording: Recording) => replay(api, recording);

  it.each(RECORDINGS.map((recording) => [recording.name, recording] as const))(
    "%s is answered as there, or as the table of differences says",
    async (name, recording) => {
      const { response } = recording;
      const difference = DIFFERENCES.find(({ names }) => names.includes(name));
      const given = await ask(recording);
      const error = errorIn(parsed(given.body));
      expect({ status: given.status, error }).toMatchObject({
        status: difference?.status ?? response.status,
      });
      if (given.status >= 400 && recording.request.method !== "HEAD") expect(error).toMatch(/./);
      if (difference?.error !== undefined) expect(error ?? "").toMatch(difference.error);
      else if (given.status >= 400 && errorIn(response.body) !== undefined)
        expect(error).toBe(errorIn(response.body));
    },
  );

  it.each(
    RECORDINGS.filter(({ request, response }) => response.status === 200 && TEXT_PATHS.includes(request.path))
      .filter(({ name, response }) => !name.includes("debug-render") && typeof response.body === "object")
      .filter(({ name }) => !DIFFERENCES.some(({ names }) => names.includes(name)))
      .map((recording) => [recording.name, recording] as const),
  )("%s has all the members that the answer had there", async (_name, recording) => {
    const there = Object.keys(recording.response.body as object).filter((member) => !NOT_OURS.has(member));
    expect(Object.keys(parsed((await ask(recording)).body) as object)).toEqual(expect.arrayContaining(there));
  });

  it("is told apart from it where it differs, and nowhere else", async () => {
    const listed = DIFFERENCES.flatMap(({ names }) => names);
    expect(new Set(listed).size).toBe(listed.length);
    const same: string[] = [];
    for (const name of listed) {
      const recording = RECORDINGS.find((candidate) => candidate.name === name);
      if (recording === undefined) throw new Error(`there is no recording ${name}`);
      const { status, body } = await ask(recording);
      const isSame =
        status === recording.response.status && errorIn(parsed(body)) === errorIn(recording.response.body);
      if (isSame) same.push(name);
    }
    expect(same).toEqual([]);
  });
});

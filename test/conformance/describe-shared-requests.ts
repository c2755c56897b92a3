import type { TestMesh } from "@flock/harness";
import { type Recording, recordingsIn } from "./golden-recordings.js";
import { bearer, send, type Target } from "./http-client.js";
import type { Models, RealOllama } from "./real-ollama.js";
import { missingIn, shapeOfAnswer, shapeOfRecording } from "./recorded-shape.js";
import { SHARED_REQUESTS } from "./shared-requests.js";

const ALL = Object.keys(SHARED_REQUESTS);
type Asked = Pick<Target, "baseUrl" | "apiKey"> & { readonly models: Models };

/** Of a limit that was reached Ollama says that the response is complete; see docs/api.md. */
const END = { "response.incomplete": "response.completed" } as Readonly<Record<string, string>>;

function describeTarget(name: string, dialects: readonly string[], target: () => Asked): void {
  describe(`${name}, asked what a real Ollama was asked`, () => {
    describe.each(dialects)("in the dialect %s", (dialect) => {
      const { files = [], names = [] } = SHARED_REQUESTS[dialect] ?? {};
      const recordings = recordingsIn(files);
      it.each(names)("%s: the status, the frames and the members are the same", async (requestName) => {
        const recording = recordings.find((each) => each.name === requestName);
        if (recording === undefined) throw new Error(`there is no recording ${requestName}`);
        const there = shapeOfRecording(recording);
        const here = shapeOfAnswer(await ask(target(), recording));
        expect(here.status).toBe(there.status);
        // What is said of a wrong method or path is no JSON with Ollama, and is with us.
        if (there.contentType === "text/plain") return;
        expect(here.contentType).toBe(there.contentType);
        expect([...missingIn(here.first, there.first), ...missingIn(here.last, there.last)]).toEqual([]);
        if (there.status >= 400) return;
        const steps = here.sequence.map((step) => END[step] ?? step);
        expect(steps.filter((step) => there.sequence.includes(step))).toEqual(there.sequence);
        expect(steps.at(-1)).toBe(there.sequence.at(-1));
      });
    });
  });
}

/** The recorded request, of the target's own models. */
async function ask({ baseUrl, apiKey, models }: Asked, { request }: Recording) {
  const { method, path, body } = request;
  const text = typeof body === "string" ? body : body ? JSON.stringify(body) : undefined;
  const renamed = (given: string) =>
    given.replace(
      /(?<="model": ?"|\/v1\/models\/)(smol-embed|smol)(?=["%:]|$)/g,
      (name) => models[name] ?? name,
    );
  return send(baseUrl, {
    method,
    path: renamed(path),
    headers: { ...request.headers, ...bearer({ apiKey }) },
    ...(text === undefined ? {} : { body: renamed(text) }),
  });
}

export function describeSharedRequests(real: RealOllama, given: () => TestMesh): void {
  const models = { smol: "flock-tiny", "smol-embed": "flock-tiny" };
  describeTarget("the engine", ["Ollama"], () => {
    return { baseUrl: given().state.ollamaUrl, apiKey: "none", models };
  });
  describeTarget("the mesh", ALL, () => {
    const { apiUrl, apiKey } = given().state;
    return { baseUrl: apiUrl, apiKey, models };
  });
  if ("missing" in real)
    return void process.stderr.write(`\nNo real Ollama is compared, because ${real.missing}.\n`);
  process.stderr.write(
    `\nA real Ollama is compared: ${real.baseUrl}, with ${JSON.stringify(real.models)}.\n`,
  );
  describeTarget(`a real Ollama at ${real.baseUrl}`, ALL, () => ({ ...real, apiKey: "none" }));
}

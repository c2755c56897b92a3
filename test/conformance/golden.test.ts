import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CatalogueEntry } from "@flock/proto";
import { PLAIN_MODEL, startTestApi, type TestApi } from "../../services/api/test/start-test-api.js";
import { DIFFERENCES } from "./golden-differences.js";
import { send } from "./http-client.js";

/** What a real Ollama was asked, and answered; see test/golden/README.md. */
interface Recording {
  readonly name: string;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: object | string | null;
  };
  readonly response: { readonly status: number; readonly body?: unknown; readonly lines?: readonly object[] };
}

/** The models of the recordings, with what they can do. */
const MODELS: Readonly<Record<string, string[]>> = {
  smol: ["completion"],
  "smol-jinja": ["completion", "tools"],
  "smol-tools": ["completion", "tools"],
  "smol-think": ["completion", "thinking"],
  "smol-fim": ["completion", "insert"],
  "smol-embed": ["embedding"],
  "flock-tiny": ["completion"],
};
const FILES = ["generate", "chat", "embed", "listing", "other"];
const TEXT_PATHS = ["/api/generate", "/api/chat", "/api/embed", "/api/embeddings"];
/** Members of answers that only a real model has something for, or that we do not tell; see docs/api.md. */
const NOT_OURS: ReadonlySet<string> = new Set(["context", "_debug_info"]);

const RECORDINGS = FILES.flatMap((file) =>
  readFileSync(join(import.meta.dirname, "../golden", `${file}.jsonl`), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line): Recording => JSON.parse(line)),
);

/** A body that is text was recorded byte by byte. */
function bytesOf(body: Recording["request"]["body"]): Buffer | undefined {
  if (body === undefined || body === null) return undefined;
  return typeof body === "string" ? Buffer.from(body, "latin1") : Buffer.from(JSON.stringify(body));
}

/** The text of an error in Ollama's form; undefined for anything else, such as plain text. */
function errorIn(body: unknown): string | undefined {
  const error = typeof body === "object" && body !== null && "error" in body ? body.error : undefined;
  return typeof error === "string" ? error : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The api alone, with an echo in the place of the network: what it decides itself must be what Ollama decides. */
describe("what a real Ollama was asked", () => {
  let api: TestApi;
  beforeAll(async () => {
    const models = Object.entries(MODELS).map(([name, capabilities]) =>
      CatalogueEntry.fromPartial({ ...PLAIN_MODEL, name: `${name}:latest`, capabilities }),
    );
    api = await startTestApi({ models });
  });
  afterAll(() => api.stop());

  const replay = ({ request: { method, path, headers, body } }: Recording) => {
    const bytes = bytesOf(body);
    return send(api.baseUrl, {
      method,
      path,
      headers: { ...headers, authorization: `Bearer ${api.apiKey}` },
      ...(bytes === undefined ? {} : { body: bytes }),
    });
  };

  it.each(RECORDINGS.map((recording) => [recording.name, recording] as const))(
    "%s is answered as there, or as the table of differences says",
    async (name, recording) => {
      const { response } = recording;
      const difference = DIFFERENCES.find(({ names }) => names.includes(name));
      const given = await replay(recording);
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
    expect(Object.keys(parsed((await replay(recording)).body) as object)).toEqual(
      expect.arrayContaining(there),
    );
  });

  it("is told apart from it where it differs, and nowhere else", async () => {
    const listed = DIFFERENCES.flatMap(({ names }) => names);
    expect(new Set(listed).size).toBe(listed.length);
    const same: string[] = [];
    for (const name of listed) {
      const recording = RECORDINGS.find((candidate) => candidate.name === name);
      if (recording === undefined) throw new Error(`there is no recording ${name}`);
      const { status, body } = await replay(recording);
      const isSame =
        status === recording.response.status && errorIn(parsed(body)) === errorIn(recording.response.body);
      if (isSame) same.push(name);
    }
    expect(same).toEqual([]);
  });
});

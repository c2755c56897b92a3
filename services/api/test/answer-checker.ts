import { DescribedApi } from "./described-api.js";

/** Headers that every server of HTTP has, and those of the page, which are for browsers alone. */
const USUAL_HEADERS = new Set([
  ...["connection", "content-length", "content-type", "date", "keep-alive", "transfer-encoding"],
  ...["cache-control", "www-authenticate", "content-disposition", "x-accel-buffering", "vary"],
  ...["content-security-policy", "referrer-policy", "x-content-type-options", "permissions-policy"],
  "x-dns-prefetch-control",
  ...["cross-origin-opener-policy", "cross-origin-resource-policy"],
]);

/** Asks an api, and compares each answer with what the api says of itself. */
export class AnswerChecker {
  readonly described: DescribedApi;
  readonly #baseUrl: string;
  /** `GET /api/tags 200` of all that was asked. */
  readonly #seen = new Set<string>();

  private constructor(baseUrl: string, described: DescribedApi) {
    this.#baseUrl = baseUrl;
    this.described = described;
  }

  static async of(baseUrl: string): Promise<AnswerChecker> {
    const response = await fetch(`${baseUrl}/openapi.json`);
    return new AnswerChecker(baseUrl, new DescribedApi((await response.json()) as object));
  }

  /**
   * @param path As it is described.
   * @param url Its path, if another one.
   * @returns The status, and what is wrong with the answer.
   */
  async ask(method: string, path: string, init: RequestInit = {}, url = path, baseUrl = this.#baseUrl) {
    const response = await fetch(`${baseUrl}${url}`, { method, ...init });
    const { status, headers } = response;
    this.#seen.add(`${method} ${path} ${status}`);
    const text = await (ENDLESS.has(path) && response.ok ? firstFrames(response) : response.text());
    const media = headers.get("content-type")?.split(";")[0] ?? "";
    const faults = [
      ...this.#headerFaults(method, path, status, headers),
      ...(method === "HEAD" || status === 304 ? [] : this.#bodyFaults(method, path, status, media, text)),
    ];
    return { status, text, faults };
  }

  /** Routes of these tags that have not been seen to succeed, or not to fail. */
  unseen(tags: readonly string[]): string[] {
    return this.described
      .operations()
      .filter(({ operation }) => tags.some((tag) => operation.tags.includes(tag)))
      .flatMap(({ method, path, operation }) => {
        const seen = [...this.#seen].filter((each) => each.startsWith(`${method} ${path} `));
        const hasSuccess =
          operation.responses["200"] === undefined || seen.some((each) => each.endsWith(" 200"));
        const hasError = method === "HEAD" || seen.some((each) => / [45]\d\d$/.test(each));
        return [
          ...(hasSuccess ? [] : [`${method} ${path}: no success`]),
          ...(hasError ? [] : [`${method} ${path}: no error`]),
        ];
      });
  }

  #headerFaults(method: string, path: string, status: number, headers: Headers): string[] {
    const described = this.described.response(method, path, status).headers ?? {};
    return [...headers.keys()]
      .filter((name) => !USUAL_HEADERS.has(name) && !Object.hasOwn(described, name))
      .map((name) => `the header ${name} is not described (src/http/openapi/headers.ts)`);
  }

  #bodyFaults(method: string, path: string, status: number, media: string, text: string): string[] {
    const fault = (value: unknown) => this.described.faultOfAnswer(method, path, status, media, value);
    return unitsOf(media, text)
      .map((value) => fault(value))
      .filter((each) => each !== undefined);
  }
}

/** Streams that go on for as long as somebody reads. */
const ENDLESS: ReadonlySet<string> = new Set(["/flock/v1/live"]);
const FRAMES_READ = 2;

/** The first events of such a stream, each of them whole. */
async function firstFrames(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of response.body ?? []) {
    text += decoder.decode(bytes, { stream: true });
    if (text.split("event: frame").length > FRAMES_READ && text.endsWith("\n\n")) break;
  }
  return text;
}

/** What a schema is of: a body, its lines, or the data of its events. */
function unitsOf(media: string, text: string): unknown[] {
  switch (media) {
    case "application/json":
      return [JSON.parse(text)];
    case "application/x-ndjson":
      return text.trimEnd().split("\n").map(parsed);
    case "text/event-stream":
      return text
        .trimEnd()
        .split("\n\n")
        .filter((event) => !/^(:|retry:)/.test(event))
        .map((event) => parsed(/^data: (.*)$/m.exec(event)?.[1] ?? ""));
    default:
      return [text];
  }
}

/** Some end with a word that is no JSON, and the lines of a statement are none. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

import type { DeliveredChunk, JobResult } from "@flock/jobs";
import type { FakeJob } from "../../services/api/test/fake-requester.js";
import { startTestApi, type TestApi } from "../../services/api/test/start-test-api.js";
import type { Difference } from "./golden-differences.js";
import {
  errorIn,
  parsed,
  RECORDED_MODELS,
  type Recording,
  recordingsIn,
  replay,
} from "./golden-recordings.js";

export type Json = Readonly<Record<string, unknown>>;

/** What a model said, in its pieces, and how it ended. */
export interface Said {
  readonly pieces: readonly (Partial<DeliveredChunk> & { readonly text: string })[];
  readonly ending: Partial<JobResult>;
}

/** Members and events that every answer of ours has and Ollama's have not. */
export interface Addition {
  readonly why: string;
  /** Where they say nothing: `null` or `""`. */
  readonly members?: readonly string[];
  readonly events?: readonly string[];
  /** Whatever they say. */
  readonly wholeMembers?: readonly string[];
}

/** A dialect whose streams are typed events, and whose recordings are to be compared. */
export interface GoldenDialect {
  readonly name: string;
  readonly file: string;
  readonly path: string;
  /** In what is refused, or answered with another status. */
  readonly differences: readonly Difference[];
  /** In what is answered to the same words of a model. */
  readonly frameDifferences: readonly Pick<Difference, "why" | "names">[];
  readonly additions: readonly Addition[];
  /** What the model said of which this was made. */
  saidIn(objects: readonly Json[]): Said;
  /** An event without what is a guess in it. */
  withoutGuess?(event: Json): Json;
}

export function toolCallChunk(id: string, name: string, given: unknown): Said["pieces"][number] {
  const call = { id, function: { name, arguments: given } };
  return { text: "", toolCallsJson: Buffer.from(JSON.stringify([call])) };
}

/** The events of a stream, or the one object of a whole answer. */
function objectsOf(text: string): readonly Json[] {
  if (!text.startsWith("event: ")) return [JSON.parse(text) as Json];
  return text
    .trimEnd()
    .split("\n\n")
    .map((frame) => {
      const [, name, data = ""] = /^event: (\S+)\ndata: (.*)$/.exec(frame) ?? [];
      const event = JSON.parse(data) as Json;
      expect(event["type"]).toBe(name);
      return event;
    });
}

function recordedObjects({ response: { body, lines } }: Recording): readonly Json[] {
  return lines === undefined ? [body as Json] : objectsOf(lines.join("\n"));
}

const ID = /^(msg|resp|rs|fc)_.*$/;
const TIMES: ReadonlySet<string> = new Set(["created_at", "completed_at"]);

/** An answer without ids, times, numbers of events, guesses and what is added. */
function comparable(
  { additions, withoutGuess = (event) => event }: GoldenDialect,
  objects: readonly Json[],
): unknown {
  const addedEvents = additions.flatMap(({ events = [] }) => events);
  const addedMembers = additions.flatMap(({ members = [] }) => members);
  const wholeMembers = additions.flatMap((addition) => addition.wholeMembers ?? []);
  const text = JSON.stringify(
    objects.filter(({ type }) => !addedEvents.includes(String(type))).map(withoutGuess),
    (name, value: unknown) => {
      if (name === "sequence_number" || wholeMembers.includes(name)) return undefined;
      if (addedMembers.includes(name) && (value === null || value === "")) return undefined;
      if (TIMES.has(name) && typeof value === "number") return 0;
      return typeof value === "string" ? value.replace(ID, "$1") : value;
    },
  );
  return JSON.parse(text);
}

function sayAgain({ pieces, ending }: Said): (job: FakeJob) => void {
  return (job) => {
    for (const { text, ...more } of pieces) job.chunk(text, more);
    job.end(ending);
  };
}

/** The api alone, with a model that says what Ollama's said: the api must make of it what Ollama made of it. */
export function describeGoldenEvents(dialect: GoldenDialect): void {
  const { differences, frameDifferences } = dialect;
  const recordings = recordingsIn([dialect.file]);
  const isListed = (table: readonly Pick<Difference, "names">[], name: string) =>
    table.some(({ names }) => names.includes(name));
  const named = (list: readonly Recording[]) => list.map((recording) => [recording.name, recording] as const);
  const answered = recordings.filter(
    ({ name, request, response }) =>
      request.path === dialect.path && response.status === 200 && !isListed(differences, name),
  );

  describe(`what a real Ollama was asked by clients of ${dialect.name}`, () => {
    let api: TestApi;
    beforeAll(async () => {
      api = await startTestApi({ models: RECORDED_MODELS });
    });
    afterAll(() => api.stop());

    const ask = (recording: Recording) => {
      const isAnswered = recording.response.status === 200;
      const said = isAnswered ? dialect.saidIn(recordedObjects(recording)) : { pieces: [], ending: {} };
      api.requester.onJob = sayAgain(said);
      return replay(api, recording);
    };

    it.each(named(recordings))(
      "%s is answered as there, or as the table of differences says",
      async (name, recording) => {
        const { response } = recording;
        const difference = differences.find(({ names }) => names.includes(name));
        const given = await ask(recording);
        expect(given.status).toBe(difference?.status ?? response.status);
        if (given.status < 400) return;
        const error = errorIn(parsed(given.body));
        if (difference?.error === undefined) expect(error).toBe(errorIn(response.body));
        else expect(error).toMatch(difference.error);
      },
    );

    it.each(named(answered.filter(({ name }) => !isListed(frameDifferences, name))))(
      "%s is framed as there, event by event and member by member",
      async (_name, recording) => {
        const { body } = await ask(recording);
        expect(comparable(dialect, objectsOf(body))).toEqual(comparable(dialect, recordedObjects(recording)));
      },
    );

    it("is told apart from it where it differs, and nowhere else", async () => {
      const listed = [...differences, ...frameDifferences].flatMap(({ names }) => names);
      expect(new Set(listed).size).toBe(listed.length);
      const same: string[] = [];
      for (const name of listed) {
        const recording = recordings.find((candidate) => candidate.name === name);
        if (recording === undefined) throw new Error(`there is no recording ${name}`);
        const { status, body } = await ask(recording);
        const isSame =
          status === recording.response.status &&
          (status === 200
            ? JSON.stringify(comparable(dialect, objectsOf(body))) ===
              JSON.stringify(comparable(dialect, recordedObjects(recording)))
            : errorIn(parsed(body)) === errorIn(recording.response.body));
        if (isSame) same.push(name);
      }
      expect(same).toEqual([]);
    });
  });
}

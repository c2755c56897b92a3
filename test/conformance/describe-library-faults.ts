import type { FlockErrorCode } from "@flock/errors";
import { FlockError } from "@flock/errors";
import { eventually } from "@flock/provision/testing";
import { jest } from "@jest/globals";
import { answerWithEcho, type FakeJob } from "../../services/api/test/fake-requester.js";
import { ABLE_MODEL, PLAIN_MODEL, type TestApi } from "../../services/api/test/start-test-api.js";
import { type Access, CAPITAL_SCHEMA, type Library, WEATHER_TOOL } from "./libraries/library.js";

const MANNERS = ["whole", "streamed"] as const;
const STATUSES = [400, 401, 402, 404, 429, 503] as const;
/** Characters of one to four bytes in UTF-8, and one of two halves in UTF-16 that joins others. */
const TEXT_OF_MANY_BYTES = "é 漢字 🦙🌊 👩‍👩‍👧 end";
/** What a job can end with once its answer has begun. */
const MIDDLE: readonly FlockErrorCode[] = [
  "aborted",
  "unavailable",
  "deadline_exceeded",
  "resource_exhausted",
];

/**
 * What only an api in this process can show of a library: every fault, whenever the test wants it. The answers are a
 * fake's, the library and the api's HTTP side are real.
 */
export function describeLibraryFaults(library: Library, given: () => TestApi): void {
  const access = (apiKey = given().apiKey): Access => ({ baseUrl: given().baseUrl, apiKey });
  const question = { model: ABLE_MODEL.name, prompt: "one two three", tokensMax: 50 };
  const answerWith = (answer: (job: FakeJob) => void) => {
    given().requester.onJob = answer;
  };
  const failWith = (code: FlockErrorCode) => answerWith((job) => job.fail(new FlockError(code, "told so")));
  const thrownBy = (promise: Promise<unknown>) =>
    promise.then(
      (value) => {
        throw new Error(`nothing was thrown, but given: ${JSON.stringify(value)}`);
      },
      (thrown: unknown) => library.failureOf(thrown),
    );

  describe(`${library.name}, at an api that does what the test says`, () => {
    beforeEach(() => answerWith(answerWithEcho));

    it.each(MANNERS)("has an answer %s, with its usage", async (manner) => {
      expect(await library.ask(access(), question, manner)).toEqual({
        text: "one two three",
        pieces: manner === "whole" ? 1 : 3,
        promptTokens: 7,
        completionTokens: 3,
      });
    });

    it.each(MANNERS)("loses no byte of characters that have several: %s", async (manner) => {
      answerWith((job) => {
        for (const character of TEXT_OF_MANY_BYTES) job.chunk(character);
        job.end();
      });
      const { text } = await library.ask(access(), question, manner);
      expect(text).toBe(TEXT_OF_MANY_BYTES);
    });

    it.each(MANNERS)("offers tools, and is told which the model calls: %s", async (manner) => {
      answerWith((job) => {
        const calls = [
          { function: { name: WEATHER_TOOL.name, arguments: { city: "Paris" } } },
          { function: { name: WEATHER_TOOL.name, arguments: { city: "Lima" } } },
        ];
        job.chunk("", { toolCallsJson: Buffer.from(JSON.stringify(calls)) });
        job.end();
      });
      expect(await library.callTool(access(), question, manner)).toEqual([
        { name: WEATHER_TOOL.name, arguments: { city: "Paris" } },
        { name: WEATHER_TOOL.name, arguments: { city: "Lima" } },
      ]);
      expect(given().requester.lastJob.body["tools"]).toMatchObject([
        {
          type: "function",
          function: {
            name: WEATHER_TOOL.name,
            description: WEATHER_TOOL.description,
            parameters: { properties: WEATHER_TOOL.parameters.properties, required: ["city"] },
          },
        },
      ]);
    });

    it("has a schema kept to by the engine", async () => {
      answerWith((job) => {
        job.chunk('{"capital": ');
        job.chunk('"Lima"}');
        job.end();
      });
      expect(await library.fit(access(), question)).toEqual({ capital: "Lima" });
      const { properties, required } = CAPITAL_SCHEMA;
      expect(given().requester.lastJob.body["format"]).toMatchObject({ properties, required });
    });

    const { embed } = library;
    if (embed !== undefined)
      it("has vectors, in the order of its texts", async () => {
        const vectors = await embed(access(), ABLE_MODEL.name, ["one", "two"]);
        expect(vectors).toHaveLength(2);
        for (const [first, second] of vectors) {
          expect(first).toBeCloseTo(0.6, 5);
          expect(second).toBeCloseTo(0.8, 5);
        }
        expect(given().requester.lastJob.body["input"]).toEqual(["one", "two"]);
      });

    it("leaves in the middle of a stream, and the job is cancelled", async () => {
      answerWith((job) => {
        const goOn = () => {
          job.chunk("on ");
          if (!job.isEnded) setTimeout(goOn, 1);
        };
        goOn();
      });
      await library.leave(access(), { ...question, tokensMax: 4_000 });
      const { lastJob } = given().requester;
      await eventually("the job to be cancelled", () => lastJob.cancelledMs !== undefined);
    });

    describe.each(STATUSES)("is told %i by its own class", (status) => {
      it.each(MANNERS)("before an answer that is %s", async (manner) => {
        const { kind, hasStatus = true } = library.faults[status];
        const refused = {
          400: () => library.callTool(access(), { ...question, model: PLAIN_MODEL.name }, manner),
          401: () => library.ask(access("flk_wrong"), question, manner),
          402: () => library.ask(access(), question, manner),
          404: () => library.ask(access(), { ...question, model: "nobody" }, manner),
          429: () => library.ask(access(), question, manner),
          503: () => library.ask(access(), question, manner),
        };
        if (status === 402) failWith("insufficient_funds");
        if (status === 429) failWith("resource_exhausted");
        if (status === 503) failWith("unavailable");
        const failure = await thrownBy(refused[status]());
        expect(failure).toMatchObject({ kind, status: hasStatus ? status : undefined });
        const said = { 400: /does not support tools/, 401: /unauthorized/, 404: /model 'nobody' not found/ };
        expect(failure.message).toMatch({ 402: /told so/, 429: /told so/, 503: /told so/, ...said }[status]);
      });
    });

    it.each(MIDDLE)("throws when a stream fails in its middle: %s", async (code) => {
      answerWith((job) => {
        job.chunk("one ");
        job.chunk("two ");
        setImmediate(() => job.fail(new FlockError(code, "told so in the middle")));
      });
      // A library that drops the error says on the console that it does.
      const warned = jest.spyOn(console, "warn").mockImplementation(() => {});
      const failure = await thrownBy(library.ask(access(), question, "streamed"));
      warned.mockRestore();
      const { kind, hasWords = true } = library.faults.middle;
      expect(failure.kind).toBe(kind);
      expect(/told so in the middle/.test(failure.message)).toBe(hasWords);
      // The story beside an error is not for people: its ids and timings are no part of what is thrown.
      expect(failure.message).not.toMatch(/flock|timing_ms/);
    });
  });
}

import fc from "fast-check";
import { Cancel, Ticket, WorkerControl } from "./areas/jobs.js";
import { canonicalModelName, modelToken } from "./model-name.js";
import { modelOfConsumer, parseAckSubject, SUBJECTS, ticketConsumer } from "./subjects.js";
import { decodeWire, encode, PROTOCOL_VERSION } from "./wire.js";

describe("modelToken", () => {
  it("is one subject token, and different for different names", () => {
    expect(SUBJECTS.tickets("llama3.2:latest")).toBe("jobs.llama3_2e2_3alatest");
    const name = fc.stringMatching(/^[A-Za-z0-9_./:-]{1,40}$/);
    fc.assert(
      fc.property(name, name, (a, b) => {
        expect(modelToken(a)).toMatch(/^[A-Za-z0-9_-]+$/);
        expect(modelToken(a) === modelToken(b)).toBe(a === b);
        // A model's queue for bridged workers is no other model's queue.
        expect(ticketConsumer(a, "bridged")).toMatch(/^[A-Za-z0-9_-]+$/);
        expect(ticketConsumer(a, "bridged")).not.toBe(ticketConsumer(b));
      }),
    );
  });
});

describe("modelOfConsumer", () => {
  it("reads what ticketConsumer has written, in both lanes", () => {
    const name = fc.stringMatching(/^[A-Za-z0-9_./:-]{1,40}$/);
    fc.assert(
      fc.property(name, fc.constantFrom("ordinary" as const, "bridged" as const), (written, lane) => {
        const model = canonicalModelName(written);
        if (model !== undefined)
          expect(modelOfConsumer(ticketConsumer(model, lane))).toEqual({ model, lane });
      }),
    );
  });

  it.each([
    "",
    "_bridged",
    "llama3",
    "Llama3_3alatest",
    "_6clama3_3alatest",
    "llama3_3Alatest",
    "*",
    ">",
    "a.b",
    "_zz",
  ])("takes nothing else: %j", (consumer) => {
    expect(modelOfConsumer(consumer)).toBeUndefined();
  });

  it("takes any text, and only what it would write itself", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), (consumer) => {
        const read = modelOfConsumer(consumer);
        if (read !== undefined) expect(ticketConsumer(read.model, read.lane)).toBe(consumer);
      }),
    );
  });
});

describe("parseAckSubject", () => {
  it("reads both forms", () => {
    const parsed = { stream: "JOBS", consumer: "m", streamSequence: 42 };
    expect(parseAckSubject("$JS.ACK.JOBS.m.1.42.7.1700000000.0")).toEqual(parsed);
    expect(parseAckSubject("$JS.ACK._.hash.JOBS.m.1.42.7.1700000000.0")).toEqual(parsed);
    expect(parseAckSubject("$JS.ACK._.hash.JOBS.m.1.42.7.1700000000.0.rnd")).toEqual(parsed);
  });

  it.each([
    "",
    "evt.inference.completed",
    "$JS.ACK.JOBS.m.1.-1.7.1.0",
    // Another text that is the same number.
    "$JS.ACK.JOBS.m.1.9007199254740993.7.1.0",
    "$JS.ACK.JOBS.m",
    "$JS.API.STREAM.PURGE.JOBS",
  ])("refuses %j", (subject) => {
    expect(parseAckSubject(subject)).toBeUndefined();
  });
});

describe("decodeWire", () => {
  const ticket = Ticket.fromPartial({
    version: PROTOCOL_VERSION,
    jobId: "j",
    requesterId: "r",
    model: "m:latest",
  });

  it("returns what was encoded", () => {
    expect(decodeWire(Ticket, encode(Ticket, ticket), 1000)).toEqual({ ok: true, message: ticket });
  });

  it("refuses other versions and oversized messages", () => {
    const other = encode(Ticket, { ...ticket, version: 2 });
    expect(decodeWire(Ticket, other, 1000)).toEqual({ ok: false, reason: "unknown_version" });
    expect(decodeWire(Ticket, encode(Ticket, ticket), 3)).toEqual({ ok: false, reason: "oversized" });
  });

  it("never throws, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        decodeWire(Ticket, bytes, 1000);
        decodeWire(WorkerControl, bytes, 1000);
      }),
      { numRuns: 2000 },
    );
  });

  it("never throws on a valid message with bytes flipped", () => {
    const bytes = encode(WorkerControl, {
      version: 1,
      command: { $case: "cancel", value: Cancel.fromPartial({ jobId: "abc", lease: 3 }) },
    });
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, value) => {
        decodeWire(
          WorkerControl,
          Uint8Array.from(bytes, (byte, i) => (i === at ? value : byte)),
          1000,
        );
      }),
    );
  });
});

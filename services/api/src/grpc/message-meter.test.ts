import { FlockError } from "@flock/errors";
import { BodyBudget, type BodyShare } from "../limits/body-budget.js";
import { MessageMeter } from "./message-meter.js";

const KIB = 1024;
const MIB = 1024 * KIB;

function framed(bytes: number, isCompressed = false, announced = bytes): Buffer {
  const frame = Buffer.alloc(5 + bytes);
  frame[0] = isCompressed ? 1 : 0;
  frame.writeUInt32BE(announced, 1);
  return frame;
}

function codeOf(run: () => void): string | undefined {
  try {
    run();
  } catch (thrown) {
    return FlockError.from(thrown).code;
  }
  return undefined;
}

describe("MessageMeter", () => {
  let heldBytes: number;
  let share: BodyShare;
  beforeEach(() => {
    heldBytes = 0;
    const bodyBytes = (more: number) => {
      heldBytes += more;
    };
    share = new BodyBudget(96 * MIB, { bodyBytes, bodyRefused: () => {} }).share("alice");
  });

  it("sees where messages end, however they are cut", () => {
    const bytes = Buffer.concat([framed(0), framed(3), framed(300), framed(1)]);
    for (const length of [1, 2, 5, 7, 300, 1_000]) {
      const meter = new MessageMeter(KIB, undefined);
      let ended = 0;
      for (let at = 0; at < bytes.length; at += length)
        if (meter.receive(bytes.subarray(at, at + length))) ended += 1;
      expect(ended).toBe(length === 1_000 ? 1 : length >= 300 ? 2 : 4);
    }
  });

  it("refuses a message that is too large when it says so, in whatever pieces it does", () => {
    const head = framed(0, false, KIB + 1);
    expect(codeOf(() => new MessageMeter(KIB, undefined).receive(head))).toBe("payload_too_large");
    const meter = new MessageMeter(KIB, undefined);
    for (const byte of head.subarray(0, 4)) expect(meter.receive(Buffer.of(byte))).toBe(false);
    expect(codeOf(() => meter.receive(head.subarray(4)))).toBe("payload_too_large");
    expect(codeOf(() => new MessageMeter(KIB, undefined).receive(framed(KIB)))).toBeUndefined();
  });

  it("refuses a small message in very many pieces, but not many messages", () => {
    const meter = new MessageMeter(64 * KIB, undefined);
    for (let message = 0; message < 2_000; message++) meter.receive(framed(1));
    meter.receive(framed(0, false, 60 * KIB));
    const drip = () => {
      for (let piece = 0; piece < 1_001; piece++) meter.receive(Buffer.of(0));
    };
    expect(codeOf(drip)).toBe("invalid_argument");
  });

  it("takes a compressed message only where there is a share, and counts what it may become", () => {
    expect(codeOf(() => new MessageMeter(KIB, undefined).receive(framed(10, true)))).toBe("unimplemented");
    new MessageMeter(20 * MIB, share).receive(framed(10 * KIB, true));
    expect(heldBytes).toBeGreaterThan(9 * MIB);
    expect(heldBytes).toBeLessThan(20 * MIB);
  });

  it("looks for room when a large message is announced", () => {
    const meter = new MessageMeter(40 * MIB, share);
    expect(codeOf(() => meter.receive(framed(0, false, 30 * MIB)))).toBe("resource_exhausted");
  });
});

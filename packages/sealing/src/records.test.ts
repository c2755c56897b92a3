import { bytesOfLease } from "./lease-names.js";
import { RecordOpener, RecordSealer, STREAM_SECRET_BYTES } from "./records.js";

/* Examples to implement against: bytes of a lease's names, and records of a stream whose secret is 00 01 02 … 1b. */

const NAMES = bytesOfLease({ jobId: "job", lease: 1, workerId: "worker", requesterId: "requester" });
const SECRET = Uint8Array.from({ length: STREAM_SECRET_BYTES }, (_, index) => index);

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

describe("records on the wire", () => {
  it("belong to a lease whose names have these bytes", () => {
    expect(hex(NAMES)).toBe(
      `${hex(Buffer.from("flock/sealing/v1\0"))}${"0003"}${hex(Buffer.from("job"))}${"00000001"}` +
        `${"0006"}${hex(Buffer.from("worker"))}${"0009"}${hex(Buffer.from("requester"))}`,
    );
  });

  it.each([
    [0, [], "", "6cdd62b14d2004cececab10021ff8f1e"],
    [1, [3, 4, 5], "48656c6c6f", "68bc1f43cc8007a8bfbc3c437fc381b871bd1f7761"],
    [0xffff_ffff, [0], "00", "f79a350f5fe33c0a90f5d86480d6ec66c0"],
  ])("are these: number %i, header %j", (seq, header, plain, sealed) => {
    expect(hex(new RecordSealer(SECRET, NAMES).seal(seq, header, Buffer.from(plain, "hex")))).toBe(sealed);
    const opened = new RecordOpener(SECRET, NAMES).open(seq, header, Buffer.from(sealed, "hex"));
    expect(opened && hex(opened)).toBe(plain);
  });
});

import { generateIdentity, identityFromSeed } from "@flock/keys";
import { newSealingPair, openWork, SignedKeys, sealWork } from "@flock/sealing";
import fc from "fast-check";
import { fuzzTarget } from "../fuzz-target.js";
import { mutatedBytes } from "../generators/bytes.js";
import { mustHold, takenLater } from "../outcome.js";

const NAMES = { jobId: "job", lease: 1, workerId: "worker", requesterId: "requester" };
const WORK = Buffer.from("the work that nobody else may read");
const seq = fc.oneof(fc.nat(3), fc.constantFrom(4, 2 ** 31, 2 ** 32 - 1));

export const sealedRecords = fuzzTarget({
  name: "sealed-records",
  about: "sealed work and records, sealing keys and their signatures",
  open: async () => {
    const worker = identityFromSeed(new Uint8Array(32).fill(3));
    const pair = newSealingPair(worker);
    const { sealed, openers } = await sealWork(pair.publicKey, NAMES, WORK);
    const opened = await openWork(newSealingPair(generateIdentity()), NAMES, sealed);
    mustHold(opened === undefined, "another pair opens the work");
    const own = await openWork(pair, NAMES, sealed);
    const records = [0, 1, 2].map((number) => own?.sealers.chunks.seal(number, [number], WORK) ?? WORK);
    const what = fc.constantFrom("work", "record", "key", "signature");
    return {
      inputs: fc.record({
        what,
        seq,
        bytes: mutatedBytes([sealed, pair.publicKey, pair.signature, ...records]),
      }),
      probe: async ({ what: kind, seq: number, bytes }) => {
        switch (kind) {
          case "work": {
            const again = await openWork(pair, NAMES, bytes);
            mustHold(again === undefined, "work is opened that was not sealed, or a second time");
            return false;
          }
          case "record": {
            const plain = openers.chunks.open(number, [number], bytes);
            const isOwn = bytes.equals(records[number] ?? WORK);
            mustHold((plain !== undefined) === isOwn, "a record is opened that was not sealed so");
            return plain !== undefined;
          }
          case "key":
            return (await takenLater(() => sealWork(bytes, NAMES, WORK))) !== undefined;
          default: {
            const isSigned = new SignedKeys().has(worker.id, pair.publicKey, bytes);
            mustHold(
              isSigned === Buffer.from(pair.signature).equals(bytes),
              "a signature that the worker has not made",
            );
            return isSigned;
          }
        }
      },
    };
  },
});

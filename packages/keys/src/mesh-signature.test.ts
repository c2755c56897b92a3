import { generateIdentity } from "./ed25519.js";
import { isSignedByMesh, meshSignerOf } from "./mesh-signature.js";

const [key, next, foreign] = [generateIdentity(), generateIdentity(), generateIdentity()];
const payload = Buffer.from("a command");

describe("a signature of the mesh", () => {
  const signatures = meshSignerOf([key]).sign("ctl.A", payload);

  it("is believed by whoever knows the key, for this purpose and these bytes alone", () => {
    expect(isSignedByMesh([key.id], "ctl.A", payload, signatures)).toBe(true);
    expect(isSignedByMesh([foreign.id], "ctl.A", payload, signatures)).toBe(false);
    expect(isSignedByMesh([], "ctl.A", payload, signatures)).toBe(false);
    expect(isSignedByMesh([key.id], "ctl.B", payload, signatures)).toBe(false);
    expect(isSignedByMesh([key.id], "ticket", payload, signatures)).toBe(false);
    expect(isSignedByMesh([key.id], "ctl.A", Buffer.from("another"), signatures)).toBe(false);
  });

  it("is none if a part of the purpose is moved into the payload, or the other way round", () => {
    const moved = Buffer.concat([Buffer.from("A\0"), payload]);
    expect(isSignedByMesh([key.id], "ctl.", moved, signatures)).toBe(false);
    expect(isSignedByMesh([key.id], "ctl", moved, signatures)).toBe(false);
  });

  it.each(["", ",", "x", "é", "A".repeat(86), `${"A".repeat(86)},${"A".repeat(86)}`, "=".repeat(10_000)])(
    "is none: %j",
    (text) => {
      expect(isSignedByMesh([key.id], "ctl.A", payload, text)).toBe(false);
    },
  );

  it("is read among two of a message, and not behind them", () => {
    const none = "A".repeat(86);
    expect(isSignedByMesh([key.id], "ctl.A", payload, `${none},${signatures}`)).toBe(true);
    expect(isSignedByMesh([key.id], "ctl.A", payload, `${none},${none},${signatures}`)).toBe(false);
  });
});

describe("while one key takes the place of another", () => {
  const both = meshSignerOf([next, key]);
  const signatures = both.sign("ticket", payload);

  it("those who know either believe what is signed, and are told of both", () => {
    expect(both.publicKeys).toEqual([next.id, key.id]);
    for (const known of [[key.id], [next.id], [next.id, key.id]])
      expect(isSignedByMesh(known, "ticket", payload, signatures)).toBe(true);
    expect(isSignedByMesh([foreign.id], "ticket", payload, signatures)).toBe(false);
  });

  it("those who know both believe what a service signs that has not got the new one yet", () => {
    const old = meshSignerOf([key]).sign("ticket", payload);
    expect(isSignedByMesh(both.publicKeys, "ticket", payload, old)).toBe(true);
  });
});

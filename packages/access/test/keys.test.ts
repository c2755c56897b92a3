import { freshUserSeed, natsKeyOf } from "@flock/keys";
import { createAccount, createOperator, createUser, fromPublic, fromSeed } from "@nats-io/nkeys";

/* Against the package of NATS itself. */

describe("a key of NATS", () => {
  it.each([
    ["a user", createUser],
    ["an account", createAccount],
    ["an operator", createOperator],
  ])("of %s has the name that NATS gives it, and signs what NATS takes", (_, create) => {
    for (let round = 0; round < 3; round++) {
      const key = create();
      const { publicKey, sign } = natsKeyOf(new TextDecoder().decode(key.getSeed()));
      expect(publicKey).toBe(key.getPublicKey());
      const message = new TextEncoder().encode(`nonce ${round}`);
      expect(fromPublic(publicKey).verify(message, sign(message))).toBe(true);
    }
  });

  it("is a fresh one of a user, as NATS reads it", () => {
    const seeds = [1, 2, 3].map(() => freshUserSeed());
    for (const seed of seeds) {
      const publicKey = fromSeed(new TextEncoder().encode(seed)).getPublicKey();
      expect([publicKey, publicKey[0]]).toEqual([natsKeyOf(seed).publicKey, "U"]);
    }
    expect(new Set(seeds).size).toBe(3);
  });

  it("is not made of what is no seed, which no error shows", () => {
    const seed = new TextDecoder().decode(createUser().getSeed());
    const mistyped = `${seed.slice(0, 30)}${seed[30] === "A" ? "B" : "A"}${seed.slice(31)}`;
    for (const text of [mistyped, seed.slice(1), `${seed}A`, createUser().getPublicKey(), ""]) {
      expect(() => natsKeyOf(text)).toThrow(expect.objectContaining({ code: "invalid_argument" }));
      expect(() => natsKeyOf(text)).toThrow(/^this is not the seed of a NATS key$/);
    }
  });
});

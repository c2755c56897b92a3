import { generateIdentity, verifySignature } from "@flock/keys";
import { bridgedIdentity } from "./bridged-identity.js";

describe("bridgedIdentity", () => {
  const bridge = generateIdentity();
  const publicKey = generateIdentity().id;

  it("is the same for the same secret and key, and signs", () => {
    const identity = bridgedIdentity(bridge, publicKey);
    expect(identity.id).toBe(bridgedIdentity(bridge, publicKey).id);
    const message = Buffer.from("receipt");
    expect(verifySignature(identity.id, message, identity.sign(message))).toBe(true);
  });

  it("is another one for another key, for another bridge, and than both of them", () => {
    const ids = [
      bridge.id,
      publicKey,
      bridgedIdentity(bridge, publicKey).id,
      bridgedIdentity(bridge, generateIdentity().id).id,
      bridgedIdentity(generateIdentity(), publicKey).id,
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });
});

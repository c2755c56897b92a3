import { FlockError } from "@flock/errors";
import type { KeyIdentity } from "../identity.js";
import { API_KEYS, hashSecret } from "./bearer-secret.js";
import { KeyDirectory } from "./key-directory.js";
import { DEFAULT_RIGHTS } from "./key-rights.js";

const TTL_MS = 1_000;

/** A directory over a map that can be taken away, with a clock that stands still. */
function setUp(entriesMax = 100) {
  const stored = new Map<string, KeyIdentity>();
  const state = { nowMs: 1, isAway: false, isHanging: false, lookups: 0 };
  const directory = new KeyDirectory({
    entriesMax,
    ttlMs: TTL_MS,
    lookupTimeoutMs: 20,
    clock: () => state.nowMs,
    find: async (hash) => {
      state.lookups += 1;
      if (state.isAway) throw new FlockError("unavailable", "away");
      if (state.isHanging) return new Promise(() => {});
      return stored.get(hash.toString("hex"));
    },
  });
  const addKey = (keyId: string) => {
    const apiKey = API_KEYS.create();
    stored.set(hashSecret(apiKey).toString("hex"), { keyId, accountId: "a", rights: DEFAULT_RIGHTS });
    return apiKey;
  };
  const removeKey = (apiKey: string) => stored.delete(hashSecret(apiKey).toString("hex"));
  return { directory, state, addKey, removeKey };
}

describe("KeyDirectory", () => {
  it("asks once for a key in use, also for many requests at the same moment", async () => {
    const { directory, state, addKey } = setUp();
    const apiKey = addKey("k1");
    const identities = await Promise.all(Array.from({ length: 10 }, () => directory.identify(apiKey)));
    expect(identities.every((identity) => identity?.keyId === "k1")).toBe(true);
    expect(directory.identify(apiKey)).toEqual({ keyId: "k1", accountId: "a", rights: DEFAULT_RIGHTS });
    expect(state.lookups).toBe(1);
  });

  it("refuses what has not the form of a key without asking", () => {
    const { directory, state } = setUp();
    expect(directory.identify("sk-guess")).toBeUndefined();
    expect(state.lookups).toBe(0);
  });

  it("tells of a key that it does not know before it looks it up, and of none that it knows", async () => {
    const { directory, state, addKey } = setUp();
    const apiKey = addKey("k1");
    const refuse = () => {
      throw new FlockError("resource_exhausted", "guesses");
    };
    expect(() => directory.identify(apiKey, refuse)).toThrow("guesses");
    expect(() => directory.identify("sk-guess", refuse)).toThrow("guesses");
    expect(state.lookups).toBe(0);
    await directory.identify(apiKey);
    expect(directory.identify(apiKey, refuse)).toMatchObject({ keyId: "k1" });
  });

  it("remembers for a short time that a key is nobody's", async () => {
    const { directory, state } = setUp();
    const apiKey = API_KEYS.create();
    expect(await directory.identify(apiKey)).toBeUndefined();
    expect(await directory.identify(apiKey)).toBeUndefined();
    expect(state.lookups).toBe(1);
    state.nowMs += 2_001;
    expect(await directory.identify(apiKey)).toBeUndefined();
    expect(state.lookups).toBe(2);
  });

  it("does not let guesses drive out keys in use", async () => {
    const { directory, state, addKey } = setUp(2);
    const apiKey = addKey("k1");
    await directory.identify(apiKey);
    for (let guess = 0; guess < 10; guess++) await directory.identify(API_KEYS.create());
    const before = state.lookups;
    expect(directory.identify(apiKey)).toMatchObject({ keyId: "k1" });
    expect(state.lookups).toBe(before);
  });

  it("goes on with known keys while the database is away, and refuses unknown ones as unavailable", async () => {
    const { directory, state, addKey } = setUp();
    const known = addKey("k1");
    await directory.identify(known);
    state.isAway = true;
    state.nowMs += 10 * TTL_MS;
    expect(await directory.identify(known)).toMatchObject({ keyId: "k1" });
    directory.suspectAll();
    expect(await directory.identify(known)).toMatchObject({ keyId: "k1" });
    await expect(directory.identify(addKey("k2"))).rejects.toMatchObject({ code: "unavailable" });
  });

  it("does not wait for a database that hangs longer than its limit", async () => {
    const { directory, state, addKey } = setUp();
    state.isHanging = true;
    await expect(directory.identify(addKey("k1"))).rejects.toMatchObject({ code: "unavailable" });
  });

  it("forgets a revoked key at once", async () => {
    const { directory, addKey, removeKey } = setUp();
    const apiKey = addKey("k1");
    await directory.identify(apiKey);
    removeKey(apiKey);
    expect(directory.identify(apiKey)).toMatchObject({ keyId: "k1" });
    directory.forget("k1");
    expect(await directory.identify(apiKey)).toBeUndefined();
  });

  it("is not misled by a lookup that began before the revocation", async () => {
    const { directory, addKey, removeKey } = setUp();
    const apiKey = addKey("k1");
    const early = directory.identify(apiKey);
    removeKey(apiKey);
    directory.forget("k1");
    const late = directory.identify(apiKey);
    expect(await early).toMatchObject({ keyId: "k1" });
    expect(await late).toBeUndefined();
    expect(await directory.identify(apiKey)).toBeUndefined();
  });

  it("looks every key up again once revocations may have been missed", async () => {
    const { directory, state, addKey, removeKey } = setUp();
    const [kept, revoked] = [addKey("k1"), addKey("k2")];
    await Promise.all([directory.identify(kept), directory.identify(revoked)]);
    removeKey(revoked);
    directory.suspectAll();
    expect(await directory.identify(kept)).toMatchObject({ keyId: "k1" });
    expect(await directory.identify(revoked)).toBeUndefined();
    expect(state.lookups).toBe(4);
  });

  it("takes a stale key as it is and checks it behind the request", async () => {
    const { directory, state, addKey, removeKey } = setUp();
    const apiKey = addKey("k1");
    await directory.identify(apiKey);
    removeKey(apiKey);
    state.nowMs += TTL_MS + 1;
    expect(directory.identify(apiKey)).toMatchObject({ keyId: "k1" });
    await new Promise(setImmediate);
    expect(await directory.identify(apiKey)).toBeUndefined();
  });

  it("keeps at most as many entries as allowed, those used last", async () => {
    const { directory, state, addKey } = setUp(2);
    const [first, second, third] = [addKey("k1"), addKey("k2"), addKey("k3")];
    await directory.identify(first);
    await directory.identify(second);
    await directory.identify(first);
    await directory.identify(third);
    expect(directory.size).toBe(2);
    const before = state.lookups;
    await directory.identify(first);
    expect(state.lookups).toBe(before);
    await directory.identify(second);
    expect(state.lookups).toBe(before + 1);
  });
});

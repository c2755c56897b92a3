import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { WORKER_ALIAS, WorkerAliases } from "./worker-alias.js";

const id = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);

describe("an alias of a worker", () => {
  const aliases = new WorkerAliases(Buffer.alloc(32, 7));

  it("is the same for an account and a worker wherever the secret is the same", () => {
    const elsewhere = new WorkerAliases(Buffer.alloc(32, 7));
    expect(elsewhere.aliasOf("alice", "worker-1")).toBe(aliases.aliasOf("alice", "worker-1"));
  });

  it("has not changed since the first release", () => {
    expect(aliases.aliasOf("alice", "worker-1")).toBe("w-otdebwfknzrk");
  });

  it("is another one for another worker, another account and under another secret", () => {
    const others = [
      aliases.aliasOf("alice", "worker-2"),
      aliases.aliasOf("bob", "worker-1"),
      new WorkerAliases(Buffer.alloc(32, 8)).aliasOf("alice", "worker-1"),
    ];
    expect(new Set([...others, aliases.aliasOf("alice", "worker-1")]).size).toBe(4);
  });

  it("depends on where the account's id ends", () => {
    expect(aliases.aliasOf("ab", "c")).not.toBe(aliases.aliasOf("a", "bc"));
  });

  it("is short, readable, and has neither id in it", () => {
    fc.assert(
      fc.property(id, id, (accountId, workerId) => {
        const secret = randomBytes(32);
        const alias = new WorkerAliases(secret).aliasOf(accountId, workerId);
        expect(alias).toMatch(WORKER_ALIAS);
        // An id of three letters may be in any random text.
        for (const named of [accountId, workerId].filter(({ length }) => length > 8))
          expect(alias).not.toContain(named.toLowerCase());
      }),
    );
  });
});

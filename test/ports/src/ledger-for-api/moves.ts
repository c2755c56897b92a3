import { randomUUID } from "node:crypto";
import { LEDGER } from "@flock/proto/ledger";
import { ask } from "../ask.js";
import { hold } from "./holds.js";
import { FUNDS, type Started } from "./ledger-under-contract.js";

type Move = "stake" | "unstake" | "collect";
const MOVES: readonly (readonly [string, Move])[] = [
  ["a stake", "stake"],
  ["an unstake", "unstake"],
  ["a collection", "collect"],
];
const SOURCE = { stake: "wallet", unstake: "stake", collect: "vested" } as const;

export function moves(ledger: Started): void {
  const balance = async (ledgerAccount: string) =>
    (await ask(ledger().mesh, LEDGER.balance, { ledgerAccount })).availableMicro;

  /** Somebody who has something that can be moved so, and how much. */
  const somebody = async (move: Move) => {
    if (move === "collect") {
      const owner = await ledger().vestedWorker();
      return { owner, funds: await balance(`vested:${owner}`) };
    }
    const owner = randomUUID();
    await ledger().fund(owner, FUNDS);
    if (move === "unstake") await doMove("stake", randomUUID(), owner, FUNDS);
    return { owner, funds: FUNDS };
  };

  const doMove = async (move: Move, requestId: string, owner: string, amountMicro: bigint) => {
    const { mesh } = ledger();
    const request = { requestId, owner, amountMicro };
    if (move === "stake") return await ask(mesh, LEDGER.stake, request);
    if (move === "unstake") return await ask(mesh, LEDGER.unstake, request);
    return await ask(mesh, LEDGER.collect, { requestId, workerId: owner, amountMicro });
  };

  it("a stake moves LLAMA from the wallet, and is answered with both balances", async () => {
    const { owner, funds } = await somebody("stake");
    const answer = await doMove("stake", randomUUID(), owner, 60n);
    expect(answer).toMatchObject({ stakedMicro: 60n, availableMicro: funds - 60n });
    expect(await balance(`stake:${owner}`)).toBe(60n);
  });

  it("an unstake moves LLAMA into cooldown, and is answered with what stays staked and when it is released", async () => {
    const { owner, funds } = await somebody("unstake");
    const answer = await doMove("unstake", randomUUID(), owner, 60n);
    expect(answer).toMatchObject({ stakedMicro: funds - 60n, releaseUnixMs: expect.any(Number) });
    expect(answer).not.toMatchObject({ releaseUnixMs: 0 });
    expect(await balance(`cooling:${owner}`)).toBe(60n);
  });

  it("a collection moves vested LLAMA into the worker's wallet, and is answered with both balances", async () => {
    const { owner, funds } = await somebody("collect");
    const answer = await doMove("collect", randomUUID(), owner, 6n);
    expect(answer).toMatchObject({ vestedMicro: funds - 6n, availableMicro: 6n });
    expect(await balance(`wallet:${owner}`)).toBe(6n);
  });

  it.each(MOVES)(
    "%s that is repeated moves nothing more, and is answered with what is there now",
    async (_, move) => {
      const { owner, funds } = await somebody(move);
      const requestId = randomUUID();
      const first = await doMove(move, requestId, owner, 6n);
      expect(await doMove(move, requestId, owner, 6n)).toEqual(first);
      const second = await doMove(move, randomUUID(), owner, 4n);
      const released = move === "unstake" ? { releaseUnixMs: expect.any(Number) } : {};
      expect(await doMove(move, requestId, owner, 6n)).toEqual({ ...second, ...released });
      expect(await balance(`${SOURCE[move]}:${owner}`)).toBe(funds - 10n);
    },
  );

  it.each(MOVES)("%s under the id of another one is refused as existing already", async (_, move) => {
    const { owner, funds } = await somebody(move);
    const requestId = randomUUID();
    await doMove(move, requestId, owner, 6n);
    const refused = { code: "already_exists", retry: "never" };
    await expect(doMove(move, requestId, owner, 7n)).rejects.toMatchObject(refused);
    await expect(doMove(move, requestId, randomUUID(), 6n)).rejects.toMatchObject(refused);
    expect(await balance(`${SOURCE[move]}:${owner}`)).toBe(funds - 6n);
  });

  it("the id of a stake is free for an unstake", async () => {
    const { owner } = await somebody("stake");
    const requestId = randomUUID();
    await doMove("stake", requestId, owner, 6n);
    expect(await doMove("unstake", requestId, owner, 6n)).toMatchObject({ stakedMicro: 0n });
  });

  it.each(MOVES)(
    "%s of more than there is, is refused with both amounts, and its id stays free",
    async (_, move) => {
      const { owner, funds } = await somebody(move);
      const requestId = randomUUID();
      const refusal = await doMove(move, requestId, owner, funds + 1n).catch((error: unknown) => error);
      expect(refusal).toMatchObject({ code: "insufficient_funds", retry: "never" });
      expect(refusal).toHaveProperty("details", {
        neededMicro: String(funds + 1n),
        availableMicro: String(funds),
      });
      await doMove(move, requestId, owner, funds);
    },
  );

  it("a stake that is refused for want of what jobs hold tells how much that is", async () => {
    const { owner, funds } = await somebody("stake");
    await hold(ledger(), owner, 30n);
    await ledger().reserve(owner, 20n);
    const refusal = await doMove("stake", randomUUID(), owner, funds).catch((error: unknown) => error);
    expect(refusal).toHaveProperty("details", {
      neededMicro: String(funds),
      availableMicro: String(funds - 50n),
      heldMicro: "30",
    });
  });

  it.each(MOVES)("%s of nothing, of less and of more than exists is refused", async (_, move) => {
    for (const amount of [0n, -5n, 10n ** 17n + 1n])
      await expect(doMove(move, randomUUID(), randomUUID(), amount)).rejects.toMatchObject({
        code: "invalid_argument",
      });
  });
}

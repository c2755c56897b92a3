import { EpochState, type EpochsReply, LEDGER } from "@flock/proto/ledger";
import { ask, pagesOf } from "../ask.js";
import { FOREIGN_CURSORS, type Started } from "./ledger-under-contract.js";

const state = EpochState.UNSPECIFIED;

export function epochs(ledger: Started): void {
  const list = (cursor = "", limit = 0): Promise<EpochsReply> =>
    ask(ledger().mesh, LEDGER.epochs, { cursor, limit, state });

  it("epochs are told newest first, none left out, and the newest alone is open", async () => {
    const { epochs: found, nextCursor } = await list();
    expect(nextCursor).toBe("");
    expect(found.length).toBeGreaterThanOrEqual(2);
    expect(found.map(({ number }) => number)).toEqual(found.map((_, index) => found.length - 1 - index));
    expect(found.map((epoch) => epoch.state === EpochState.OPEN)).toEqual(
      found.map((_, index) => index === 0),
    );
  });

  it("pages of epochs give each of them once", async () => {
    const pages = await pagesOf((cursor) => list(cursor, 1));
    const { epochs: whole } = await list();
    expect(pages).toHaveLength(whole.length);
    expect(pages.flatMap((page) => page.epochs)).toEqual(whole);
  });

  it("an epoch is told by its number as it is in the list", async () => {
    for (const found of (await list()).epochs)
      expect((await ask(ledger().mesh, LEDGER.epoch, { epoch: found.number })).epoch).toEqual(found);
  });

  it("an epoch that is not closed has no root, and one that is has a root of 32 bytes", async () => {
    for (const found of (await list()).epochs) {
      const isClosed = found.state === EpochState.CLOSED || found.state === EpochState.ANCHORED;
      expect([found.number, found.statementRoot.length]).toEqual([found.number, isClosed ? 32 : 0]);
      expect(found.statementLines > 0).toBe(isClosed);
    }
  });

  it("an epoch that never was is not found", async () => {
    await expect(ask(ledger().mesh, LEDGER.epoch, { epoch: 1_000_000 })).rejects.toMatchObject({
      code: "not_found",
      retry: "never",
    });
  });

  it.each(FOREIGN_CURSORS)("a list of epochs from %j on, which is no cursor, is refused", async (cursor) => {
    await expect(list(cursor)).rejects.toMatchObject({ code: "invalid_argument" });
  });

  it("a list of more than 500 epochs at once is refused", async () => {
    await expect(list("", 501)).rejects.toMatchObject({ code: "invalid_argument" });
  });
}

export function epochStatements(ledger: Started): void {
  const read = (epoch: number, cursor = "") => ask(ledger().mesh, LEDGER.epochStatement, { epoch, cursor });

  it("a closed epoch has a statement of as many lines as it says, over all portions", async () => {
    const { epoch } = await ask(ledger().mesh, LEDGER.epoch, { epoch: 0 });
    const portions = await pagesOf((cursor) => read(0, cursor));
    const lines = portions.flatMap((portion) => portion.lines);
    expect(lines).toHaveLength(epoch?.statementLines ?? -1);
    expect(lines.filter((line) => line === "" || line.includes("\n"))).toEqual([]);
  });

  it("an open epoch has no statement yet", async () => {
    const { epochs: found } = await ask(ledger().mesh, LEDGER.epochs, {
      cursor: "",
      limit: 1,
      state,
    });
    await expect(read(found[0]?.number ?? -1)).rejects.toMatchObject({ code: "failed_precondition" });
  });

  it("an epoch that never was has no statement", async () => {
    await expect(read(1_000_000)).rejects.toMatchObject({ code: "not_found" });
  });

  it.each([...FOREIGN_CURSORS, "1000000"])(
    "a statement's portion %j, which is none, is refused",
    async (cursor) => {
      await expect(read(0, cursor)).rejects.toMatchObject({ code: "invalid_argument" });
    },
  );
}

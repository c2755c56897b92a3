import { randomUUID } from "node:crypto";
import { generateIdentity, type Identity, verifySignature } from "@flock/keys";
import type { Mesh } from "@flock/mesh";
import { microLlama } from "@flock/money";
import { type ClaimOrder, claimText, type WithdrawalOrder, withdrawalText } from "@flock/orders";
import { TREASURY, TreasuryDepositState, TreasuryPayoutState } from "@flock/proto/treasury";
import { ask, pagesOf } from "./ask.js";
import { startedForFile } from "./started.js";

/** A wallet that can pay LLAMA to the treasury. */
export interface Depositor {
  readonly wallet: Identity;
  /**
   * Pays, and returns the signature when that is final and booked.
   * @param accountId Whom it names; "": nobody, so that it is in suspense.
   */
  deposit(accountId: string): Promise<string>;
}

/** A treasury that answers on a mesh, and the hands of everybody but the api who has to do with it. */
export interface TreasuryUnderContract {
  readonly mesh: Mesh;
  /** Gives an account LLAMA that it can withdraw. */
  fund(accountId: string, amountMicro: bigint): Promise<void>;
  depositor(): Promise<Depositor>;
  stop(): Promise<void>;
}

const LLAMA = 1_000_000n;
const AMOUNT = 5n * LLAMA;
const FOREIGN_CURSORS = ["x", "0", "-1", "1;DROP TABLE payouts"];

/** What the api relies on when it asks the treasury. Payouts are not stopped, and may be of 5 LLAMA. */
export function treasuryForApiContract(name: string, start: () => Promise<TreasuryUnderContract>): void {
  describe(`the contract of the treasury with the api, as ${name} keeps it`, () => {
    const treasury = startedForFile(start);
    facts(treasury);
    withdrawals(treasury);
    payouts(treasury);
    deposits(treasury);
    claims(treasury);
  });
}

type Started = () => TreasuryUnderContract;

const networkOf = ({ mesh }: TreasuryUnderContract) => ask(mesh, TREASURY.network, {});

function facts(treasury: Started): void {
  const instructions = (accountId: string) =>
    ask(treasury().mesh, TREASURY.depositInstructions, { accountId });

  it("the network is told with chain, mint and both addresses of the treasury", async () => {
    const { network, mint, address, tokenAccount } = await networkOf(treasury());
    for (const fact of [network, mint, address, tokenAccount])
      expect(fact).toMatch(/^[1-9A-HJ-NP-Za-km-z]{32,44}$/);
    expect(new Set([network, mint, address, tokenAccount]).size).toBe(4);
  });

  it("an account is told where to deposit, with a memo and a reference of its own that stay the same", async () => {
    const { network, mint, address, tokenAccount } = await networkOf(treasury());
    const [first, again, other] = [
      await instructions("alice"),
      await instructions("alice"),
      await instructions("bob"),
    ];
    expect(first).toMatchObject({ network, mint, address, tokenAccount, memo: "flock:alice" });
    expect(again).toEqual(first);
    expect(other.memo).toBe("flock:bob");
    expect(other.reference).not.toBe(first.reference);
    expect(first.url).toMatch(new RegExp(`^solana:${address}\\?.*\\b${first.reference}\\b`));
    expect(first.depositMinMicro).toBeGreaterThan(0n);
  });

  it.each(["", "wallet:alice", "a b"])(
    "an account %j, which nobody can have, is not told where",
    async (accountId) => {
      await expect(instructions(accountId)).rejects.toMatchObject({ code: "invalid_argument" });
    },
  );

  it("the reserves are stated in a text that the treasury's key has signed", async () => {
    const { network, address } = await networkOf(treasury());
    const reserves = await ask(treasury().mesh, TREASURY.reserves, {});
    expect(reserves.signer).toBe(address);
    expect(verifySignature(address, Buffer.from(reserves.statement, "utf8"), reserves.signature)).toBe(true);
    const lines = reserves.statement.split("\n");
    expect(lines).toEqual(
      expect.arrayContaining([
        "FlockOllamas reserves",
        `network: ${network}`,
        `on chain: ${reserves.onChainMicro}`,
        `ledger position: ${reserves.ledgerPosition}`,
        `ledger hash: ${Buffer.from(reserves.ledgerHash).toString("hex")}`,
        ...reserves.liabilities.map(({ kind, sumMicro }) => `ledger ${kind}: ${sumMicro}`),
      ]),
    );
    expect(reserves.ledgerHash).toHaveLength(32);
  });
}

/** A wallet with so much to withdraw, and its order to withdraw some. */
async function order(treasury: TreasuryUnderContract, changes: Partial<WithdrawalOrder> = {}) {
  const wallet = generateIdentity();
  await treasury.fund(wallet.id, 2n * AMOUNT);
  const { network } = await networkOf(treasury);
  const fields = { network, account: wallet.id, amount: microLlama(AMOUNT), to: wallet.id };
  const textOf = (more: Partial<WithdrawalOrder> = {}) =>
    withdrawalText({ ...fields, id: randomUUID(), expiresMs: Date.now() + 60_000, ...changes, ...more });
  const send = (text: string, signature = wallet.sign(Buffer.from(text))) =>
    ask(treasury.mesh, TREASURY.withdraw, { text, signature });
  return { wallet, textOf, send };
}

function withdrawals(treasury: Started): void {
  it("a withdrawal that the wallet has signed is reserved, and is told again when it is sent again", async () => {
    const { wallet, textOf, send } = await order(treasury());
    const id = randomUUID();
    const text = textOf({ id });
    const { payout } = await send(text);
    expect(payout).toMatchObject({
      payoutId: id,
      ledgerAccount: `wallet:${wallet.id}`,
      recipient: wallet.id,
      amountMicro: AMOUNT,
      state: TreasuryPayoutState.RESERVED,
      signature: "",
      reason: "",
    });
    expect((await send(text)).payout).toEqual(payout);
  });

  it("another withdrawal under an id that was used is refused as existing already", async () => {
    const { textOf, send } = await order(treasury());
    const id = randomUUID();
    await send(textOf({ id }));
    const other = send(textOf({ id, amount: microLlama(AMOUNT - LLAMA) }));
    await expect(other).rejects.toMatchObject({ code: "already_exists", retry: "never" });
  });

  it("a withdrawal of more than there is, is refused for want of money, whenever it is sent", async () => {
    const { textOf, send } = await order(treasury(), { amount: microLlama(3n * AMOUNT) });
    const text = textOf();
    for (let time = 0; time < 2; time++)
      await expect(send(text)).rejects.toMatchObject({ code: "insufficient_funds", retry: "never" });
  });

  it.each([
    ["of another network", { network: "devnet" }],
    ["that has lapsed", { expiresMs: Date.now() - 1_000 }],
    ["that lies about for years", { expiresMs: Date.now() + 1e11 }],
  ])("a withdrawal %s is refused", async (_, changes) => {
    const { textOf, send } = await order(treasury(), changes);
    await expect(send(textOf())).rejects.toMatchObject({ code: "invalid_argument" });
  });

  it.each(["", "pay me", "FlockOllamas withdrawal\namount: all"])(
    "a text %j is no withdrawal",
    async (text) => {
      const { send } = await order(treasury());
      await expect(send(text)).rejects.toMatchObject({ code: "invalid_argument" });
    },
  );

  it("a withdrawal that another wallet has signed, or nobody, is refused", async () => {
    const { textOf, send } = await order(treasury());
    const text = textOf();
    for (const signature of [
      generateIdentity().sign(Buffer.from(text)),
      new Uint8Array(64),
      new Uint8Array(),
    ])
      await expect(send(text, signature)).rejects.toMatchObject({ code: "unauthenticated" });
  });
}

function payouts(treasury: Started): void {
  const list = (ledgerAccount: string, cursor = "", limit = 0) =>
    ask(treasury().mesh, TREASURY.payouts, { payoutId: "", ledgerAccount, cursor, limit });
  const find = (payoutId: string) =>
    ask(treasury().mesh, TREASURY.payouts, { payoutId, ledgerAccount: "", cursor: "", limit: 0 });

  it("a payout is told by its id, and a stranger's id is not found", async () => {
    const { textOf, send } = await order(treasury());
    const { payout } = await send(textOf());
    expect(await find(payout?.payoutId ?? "")).toMatchObject({ payouts: [payout], nextCursor: "" });
    await expect(find(randomUUID())).rejects.toMatchObject({ code: "not_found", retry: "never" });
  });

  it("an account's payouts are told newest first, in pages, and nobody else's", async () => {
    const { wallet, textOf, send } = await order(treasury(), { amount: microLlama(LLAMA) });
    const stranger = await order(treasury());
    const ids = [randomUUID(), randomUUID(), randomUUID()];
    for (const id of ids) await send(textOf({ id }));
    await stranger.send(stranger.textOf());
    const pages = await pagesOf((cursor) => list(`wallet:${wallet.id}`, cursor, 2));
    expect(pages.map((page) => page.payouts.length)).toEqual([2, 1]);
    const told = pages.flatMap((page) => page.payouts);
    expect(told.map(({ payoutId }) => payoutId)).toEqual(ids.reverse());
  });

  it("an account that never withdrew has no payouts", async () => {
    expect(await list(`wallet:${randomUUID()}`)).toMatchObject({ payouts: [], nextCursor: "" });
  });

  it.each(FOREIGN_CURSORS)("a list of payouts from %j on, which is no cursor, is refused", async (cursor) => {
    await expect(list(`wallet:${randomUUID()}`, cursor)).rejects.toMatchObject({ code: "invalid_argument" });
  });

  it("payouts of what is no account that can be paid out, and more than 500 at once, are refused", async () => {
    for (const refused of [list("alice"), list("stake:alice"), list("wallet:alice", "", 501)])
      await expect(refused).rejects.toMatchObject({ code: "invalid_argument" });
  });
}

function listDeposits(
  { mesh }: TreasuryUnderContract,
  whose: { readonly accountId?: string; readonly sender?: string },
  cursor = "",
  limit = 0,
) {
  const { accountId = "", sender = "" } = whose;
  return ask(mesh, TREASURY.deposits, { accountId, sender, cursor, limit });
}

function deposits(treasury: Started): void {
  it("an account's deposits are told newest first, in pages, and those in suspense to their sender alone", async () => {
    const { wallet, deposit } = await treasury().depositor();
    const first = await deposit(wallet.id);
    const suspended = await deposit("");
    const [second, third] = [await deposit(wallet.id), await deposit(wallet.id)];
    const pages = await pagesOf((cursor) => listDeposits(treasury(), { accountId: wallet.id }, cursor, 2));
    expect(pages.map((page) => page.deposits.length)).toEqual([2, 1]);
    const told = pages.flatMap((page) => page.deposits);
    expect(told.map(({ signature }) => signature)).toEqual([third, second, first]);
    for (const { accountId, sender, state, reason } of told)
      expect([accountId, sender, state, reason]).toEqual([
        wallet.id,
        wallet.id,
        TreasuryDepositState.CREDITED,
        "",
      ]);
    const { deposits: inSuspense } = await listDeposits(treasury(), { sender: wallet.id });
    expect(inSuspense).toMatchObject([
      { signature: suspended, accountId: "", state: TreasuryDepositState.SUSPENDED, reason: "unattributed" },
    ]);
  });

  it("an account and a sender that nothing is known of have no deposits", async () => {
    const nobody = generateIdentity().id;
    expect(await listDeposits(treasury(), { accountId: nobody })).toMatchObject({
      deposits: [],
      nextCursor: "",
    });
    expect(await listDeposits(treasury(), { sender: nobody })).toMatchObject({
      deposits: [],
      nextCursor: "",
    });
  });

  it("deposits of nobody, more than 500 at once, and from what is no cursor on are refused", async () => {
    const accountId = "alice";
    const refused = [
      listDeposits(treasury(), {}),
      listDeposits(treasury(), { accountId }, "", 501),
      ...FOREIGN_CURSORS.map((cursor) => listDeposits(treasury(), { accountId }, cursor)),
    ];
    for (const each of refused) await expect(each).rejects.toMatchObject({ code: "invalid_argument" });
  });
}

function claims(treasury: Started): void {
  const claim = async (
    wallet: Identity,
    deposit: string,
    changes: Partial<ClaimOrder> = {},
    signer = wallet,
  ) => {
    const { network } = await networkOf(treasury());
    const fields = { network, account: wallet.id, deposit, to: wallet.id, expiresMs: Date.now() + 60_000 };
    const text = claimText({ ...fields, ...changes });
    const signature = signer.sign(Buffer.from(text));
    return (await ask(treasury().mesh, TREASURY.claim, { text, signature })).deposit;
  };

  it("a deposit in suspense is credited to whom its sender names, once, and is in suspense no more", async () => {
    const { wallet, deposit } = await treasury().depositor();
    const signature = await deposit("");
    const claimed = { signature, accountId: wallet.id, state: TreasuryDepositState.CLAIMED };
    for (let time = 0; time < 2; time++) expect(await claim(wallet, signature)).toMatchObject(claimed);
    expect((await listDeposits(treasury(), { sender: wallet.id })).deposits).toEqual([]);
    expect((await listDeposits(treasury(), { accountId: wallet.id })).deposits).toMatchObject([claimed]);
    const other = claim(wallet, signature, { to: generateIdentity().id });
    await expect(other).rejects.toMatchObject({ code: "failed_precondition" });
  });

  it("a deposit that is credited already, or came from somebody else, is not claimed", async () => {
    const { wallet, deposit } = await treasury().depositor();
    const [credited, suspended] = [await deposit(wallet.id), await deposit("")];
    await expect(claim(wallet, credited)).rejects.toMatchObject({ code: "failed_precondition" });
    await expect(claim(generateIdentity(), suspended)).rejects.toMatchObject({ code: "permission_denied" });
  });

  it("a deposit that never was is not found", async () => {
    await expect(claim(generateIdentity(), "1".repeat(64))).rejects.toMatchObject({ code: "not_found" });
  });

  it("a claim that is nonsense, of another network, lapsed, or signed by another wallet is refused", async () => {
    const { wallet, deposit } = await treasury().depositor();
    const signature = await deposit("");
    const invalid = { code: "invalid_argument" };
    const nonsense = ask(treasury().mesh, TREASURY.claim, {
      text: "mine",
      signature: new Uint8Array(64),
    });
    await expect(nonsense).rejects.toMatchObject(invalid);
    await expect(claim(wallet, signature, { network: "devnet" })).rejects.toMatchObject(invalid);
    await expect(claim(wallet, signature, { expiresMs: Date.now() - 1_000 })).rejects.toMatchObject(invalid);
    await expect(claim(wallet, signature, {}, generateIdentity())).rejects.toMatchObject({
      code: "unauthenticated",
    });
  });
}

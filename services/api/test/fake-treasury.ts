import { createHash } from "node:crypto";
import { FlockError } from "@flock/errors";
import { generateIdentity } from "@flock/keys";
import { method, type ServedMethod } from "@flock/mesh";
import { faultOfOrder, isSignedBy, readClaim, readWithdrawal } from "@flock/orders";
import { isSubjectToken, PROTOCOL_VERSION } from "@flock/proto";
import {
  type ClaimRequest,
  type PayoutStop,
  TREASURY,
  TreasuryDeposit,
  TreasuryDepositState,
  TreasuryPayout,
  TreasuryPayoutState,
  TreasuryStatusReply,
  type WithdrawRequest,
} from "@flock/proto/treasury";
import { base58 } from "@scure/base";
import { pageOf } from "./fake-pages.js";

const version = PROTOCOL_VERSION;
export const GENESIS_HASH = "4uhcVJyU9pJkvQyS88uRDiswHXSCkY3zQawwpjk2NsNY";
const SEEN_MS = 1_700_000_000_000;

/**
 * A fake of the treasury, held to the same contract as the real one: it checks what wallets sign, keeps what it was
 * handed, and pays nobody. Of payouts and deposits it knows those that a test puts there.
 */
export class FakeTreasury {
  readonly withdrawals: WithdrawRequest[] = [];
  readonly claims: ClaimRequest[] = [];
  /** Oldest first, as deposits are. */
  readonly payouts: TreasuryPayout[] = [];
  readonly deposits: TreasuryDeposit[] = [];
  /** µLLAMA that an account can withdraw; who is not here can withdraw anything. */
  readonly funds = new Map<string, bigint>();
  readonly mint = generateIdentity().id;
  readonly tokenAccount = generateIdentity().id;
  reservesCalls = 0;
  /** What keeps payouts from being made. */
  stops: PayoutStop[] = [];
  /** What it answers a withdrawal with instead. */
  refusal: FlockError | undefined;
  readonly #key = generateIdentity();
  /** Texts of withdrawals, by the id of the payout. */
  readonly #texts = new Map<string, string>();

  get address(): string {
    return this.#key.id;
  }

  methods(): readonly ServedMethod[] {
    return [
      method(TREASURY.withdraw, (request) => ({ version, payout: this.#withdraw(request) })),
      method(TREASURY.claim, (request) => ({ version, deposit: this.#claim(request) })),
      ...this.#lists(),
      ...this.#facts(),
    ];
  }

  #withdraw(request: WithdrawRequest): TreasuryPayout {
    if (this.refusal !== undefined) throw this.refusal;
    const { text, signature } = request;
    const order = readWithdrawal(text);
    if ("fault" in order) throw invalid(order.fault);
    checkSigned(order.account, text, signature);
    const known = this.payouts.find(({ payoutId }) => payoutId === order.id);
    if (known !== undefined && this.#texts.get(order.id) !== text)
      throw new FlockError("already_exists", `another payout ${order.id} exists`);
    if (known !== undefined) return known;
    const fault = faultOfOrder(order, GENESIS_HASH, Date.now());
    if (fault !== undefined) throw invalid(fault);
    const funds = this.funds.get(order.account) ?? order.amount;
    // As the real one: how much there is, the ledger knows.
    if (funds < order.amount) throw new FlockError("insufficient_funds", "too little");
    this.funds.set(order.account, funds - order.amount);
    const payout = TreasuryPayout.fromPartial({
      ...payoutFrom(order.account, order.id),
      recipient: order.to,
      amountMicro: order.amount,
      state: TreasuryPayoutState.RESERVED,
      signature: "",
    });
    this.payouts.push(payout);
    this.#texts.set(order.id, text);
    this.withdrawals.push(request);
    return payout;
  }

  #claim(request: ClaimRequest): TreasuryDeposit {
    const { text, signature } = request;
    const order = readClaim(text);
    if ("fault" in order) throw invalid(order.fault);
    checkSigned(order.account, text, signature);
    const index = this.deposits.findIndex((each) => each.signature === order.deposit);
    const deposit = this.deposits[index];
    if (deposit === undefined) throw new FlockError("not_found", "there is no such deposit");
    if (deposit.sender !== order.account)
      throw new FlockError("permission_denied", `the deposit did not come from ${order.account}`);
    if (deposit.state === TreasuryDepositState.CLAIMED && deposit.accountId === order.to) return deposit;
    const fault = faultOfOrder(order, GENESIS_HASH, Date.now());
    if (fault !== undefined) throw invalid(fault);
    if (deposit.state !== TreasuryDepositState.SUSPENDED)
      throw new FlockError("failed_precondition", `the deposit is credited to ${deposit.accountId}`);
    const claimed = { ...deposit, state: TreasuryDepositState.CLAIMED, accountId: order.to };
    this.deposits[index] = claimed;
    this.claims.push(request);
    return claimed;
  }

  #lists(): readonly ServedMethod[] {
    return [
      method(TREASURY.payouts, (request) => {
        const { payoutId, ledgerAccount } = request;
        const found = this.payouts.find((payout) => payout.payoutId === payoutId);
        if (found !== undefined) return { version, payouts: [found], nextCursor: "" };
        if (payoutId !== "") throw new FlockError("not_found", "there is no payout");
        if (!/^(wallet|vested):[A-Za-z0-9_-]{1,128}$/.test(ledgerAccount)) throw invalid("ledger_account");
        const own = newestFirst(this.payouts, (payout) => payout.ledgerAccount === ledgerAccount);
        const { items, nextCursor } = pageOf(own, request, ({ number }) => number);
        return { version, payouts: items.map(({ item }) => item), nextCursor };
      }),
      method(TREASURY.deposits, (request) => {
        const { accountId, sender } = request;
        if (!isSubjectToken(accountId || sender)) throw invalid("account_id or sender must be given");
        const own = newestFirst(this.deposits, (deposit) =>
          accountId === ""
            ? deposit.sender === sender && deposit.state === TreasuryDepositState.SUSPENDED
            : deposit.accountId === accountId,
        );
        const { items, nextCursor } = pageOf(own, request, ({ number }) => number);
        return { version, deposits: items.map(({ item }) => item), nextCursor };
      }),
    ];
  }

  #facts(): readonly ServedMethod[] {
    const { address, tokenAccount, mint } = this;
    const network = { version, network: GENESIS_HASH, address, tokenAccount, mint };
    return [
      method(TREASURY.network, () => network),
      method(TREASURY.status, () => TreasuryStatusReply.fromPartial({ version, stops: this.stops })),
      method(TREASURY.depositInstructions, ({ accountId }) => {
        if (!isSubjectToken(accountId)) throw invalid("account_id");
        const reference = base58.encode(createHash("sha256").update(accountId).digest());
        const url = `solana:${address}?reference=${reference}`;
        return { ...network, memo: `flock:${accountId}`, reference, url, depositMinMicro: 10_000n };
      }),
      method(TREASURY.reserves, () => {
        this.reservesCalls += 1;
        const ledgerHash = Buffer.alloc(32, 0xcd);
        const statement = [
          "FlockOllamas reserves",
          `network: ${GENESIS_HASH}`,
          "on chain: 100000000000000000",
          "slot: 9",
          "paid and not yet posted: 0",
          "received and not yet credited: 1",
          "ledger position: 3",
          `ledger hash: ${ledgerHash.toString("hex")}`,
          "ledger wallet: 5",
        ].join("\n");
        return {
          version,
          statement,
          signature: this.#key.sign(Buffer.from(statement)),
          signer: address,
          onChainMicro: 10n ** 17n,
          slot: 9,
          liabilities: [{ kind: "wallet", sumMicro: 5n }],
          ledgerPosition: 3n,
          ledgerHash,
          inFlightMicro: 0n,
          uncreditedMicro: 1n,
        };
      }),
    ];
  }
}

/** A payout from an account's wallet. */
export function payoutFrom(accountId: string, payoutId: string): TreasuryPayout {
  return TreasuryPayout.fromPartial({
    payoutId,
    ledgerAccount: `wallet:${accountId}`,
    recipient: accountId,
    amountMicro: 5n,
    state: TreasuryPayoutState.POSTED,
    signature: "landed",
    createdUnixMs: SEEN_MS,
    updatedUnixMs: SEEN_MS + 1_000,
  });
}

/** A deposit of a wallet: credited to an account, or in suspense if that is empty. */
export function depositFrom(
  sender: string,
  accountId: string,
  changes: Partial<TreasuryDeposit> = {},
): TreasuryDeposit {
  return TreasuryDeposit.fromPartial({
    signature: base58.encode(generateIdentity().sign(Buffer.from(sender))),
    amountMicro: 5n,
    state: accountId === "" ? TreasuryDepositState.SUSPENDED : TreasuryDepositState.CREDITED,
    accountId,
    sender,
    reason: accountId === "" ? "unattributed" : "",
    slot: 9,
    seenUnixMs: SEEN_MS,
    ...changes,
  });
}

function newestFirst<T>(oldestFirst: readonly T[], isOwn: (item: T) => boolean) {
  return oldestFirst
    .map((item, index) => ({ item, number: BigInt(index + 1) }))
    .filter(({ item }) => isOwn(item))
    .reverse();
}

function checkSigned(account: string, text: string, signature: Uint8Array): void {
  if (!isSignedBy(account, text, signature))
    throw new FlockError("unauthenticated", `the signature is not that of ${account} under this text`);
}

function invalid(message: string): FlockError {
  return new FlockError("invalid_argument", message);
}

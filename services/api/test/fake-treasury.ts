import { TREASURY_METHODS } from "@flock/calls";
import { FlockError } from "@flock/errors";
import { method, type ServedMethod } from "@flock/mesh";
import {
  PROTOCOL_VERSION,
  type TreasuryClaimRequest,
  TreasuryDeposit,
  TreasuryDepositState,
  TreasuryPayout,
  TreasuryPayoutState,
  type WithdrawRequest,
} from "@flock/proto";

const version = PROTOCOL_VERSION;
export const GENESIS_HASH = "4uhcVJyU9pJkvQyS88uRDiswHXSCkY3zQawwpjk2NsNY";

/** A fake of the treasury: it pays nobody, and remembers what it was handed. It checks no signature. */
export class FakeTreasury {
  readonly withdrawals: WithdrawRequest[] = [];
  readonly claims: TreasuryClaimRequest[] = [];
  readonly payouts: TreasuryPayout[] = [];
  reservesCalls = 0;
  /** What it answers a withdrawal with instead. */
  refusal: FlockError | undefined;

  methods(): readonly ServedMethod[] {
    return [
      method(TREASURY_METHODS.withdraw, (request) => {
        if (this.refusal !== undefined) throw this.refusal;
        this.withdrawals.push(request);
        return { version, payout: payoutOf(request.text) };
      }),
      method(TREASURY_METHODS.payouts, ({ payoutId, ledgerAccount, limit }) => {
        const found = this.payouts.filter((payout) =>
          payoutId === "" ? payout.ledgerAccount === ledgerAccount : payout.payoutId === payoutId,
        );
        if (payoutId !== "" && found.length === 0) throw new FlockError("not_found", "there is no payout");
        return { version, payouts: found.slice(0, limit), nextCursor: found.length > limit ? "7" : "" };
      }),
      method(TREASURY_METHODS.network, () => ({
        version,
        network: GENESIS_HASH,
        address: "treasury",
        tokenAccount: "token-account",
        mint: "mint",
      })),
      method(TREASURY_METHODS.depositInstructions, ({ accountId }) => ({
        version,
        network: GENESIS_HASH,
        address: "treasury",
        tokenAccount: "token-account",
        mint: "mint",
        memo: `flock:${accountId}`,
        reference: "reference",
        url: "solana:treasury",
        depositMinMicro: 10_000n,
      })),
      method(TREASURY_METHODS.deposits, ({ accountId, sender }) => ({
        version,
        nextCursor: "",
        deposits: [
          TreasuryDeposit.fromPartial({
            signature: "s1",
            amountMicro: 5n,
            state: accountId === "" ? TreasuryDepositState.SUSPENDED : TreasuryDepositState.CREDITED,
            accountId,
            sender,
            ...(accountId === "" ? { reason: "unknown_account", named: "alise" } : {}),
            slot: 9,
            seenUnixMs: 1_700_000_000_000,
          }),
        ],
      })),
      method(TREASURY_METHODS.claim, (request) => {
        this.claims.push(request);
        return {
          version,
          deposit: TreasuryDeposit.fromPartial({ signature: "s1", state: TreasuryDepositState.CLAIMED }),
        };
      }),
      method(TREASURY_METHODS.reserves, () => {
        this.reservesCalls += 1;
        return {
          version,
          statement: "FlockOllamas reserves",
          signature: Buffer.alloc(64, 1),
          signer: "treasury",
          onChainMicro: 10n ** 17n,
          slot: 9,
          liabilities: [{ kind: "wallet", sumMicro: 5n }],
          ledgerPosition: 3n,
          ledgerHash: Buffer.alloc(32, 0xcd),
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
    createdUnixMs: 1_700_000_000_000,
    updatedUnixMs: 1_700_000_001_000,
  });
}

function payoutOf(text: string): TreasuryPayout {
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(text)?.[1] ?? "";
  const payout = payoutFrom(field("account"), field("id"));
  return { ...payout, state: TreasuryPayoutState.RESERVED, signature: "" };
}

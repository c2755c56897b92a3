import { isSubjectToken } from "@flock/proto";

/*
 * The memos of this network. They are all in one place, the public chain, and stay there for ever, so that no text may
 * ever mean two things:
 *
 * | memo | says |
 * | --- | --- |
 * | `flock:<account>` | the deposit in this transaction is that account's |
 * | `flock:epoch:<number>:<root>` | the root, in hex, of what an epoch's statement says |
 * | `flock:payout:<batch>` | the payouts in this transaction are that batch |
 *
 * An account's id has no colon. So the memo of an account has one, the memo of anything else has two or more, and the
 * word between the first two says what of: whatever accounts call themselves, `epoch` and `payout` included. A memo
 * that is added here needs a word of its own and a second colon.
 */
const PREFIX = "flock:";

export type Memo =
  | { readonly kind: "account"; readonly accountId: string }
  /** `root`: hex. */
  | { readonly kind: "epoch"; readonly epoch: bigint; readonly root: string }
  | { readonly kind: "payout"; readonly batchId: string };

/** Directs a deposit to an account. */
export function accountMemo(accountId: string): string {
  return `${PREFIX}${accountId}`;
}

/** Anchors the statement of an epoch. */
export function epochMemo(epoch: bigint, root: Uint8Array): string {
  return `${PREFIX}epoch:${epoch}:${Buffer.from(root).toString("hex")}`;
}

/** Finds a batch of payouts in the account's history without its signature. */
export function payoutMemo(batchId: string): string {
  return `${PREFIX}payout:${batchId}`;
}

/** What each kind of memo takes a text for; undefined: it is none of this kind. No text is one of two kinds. */
export const MEMO_READERS = {
  /** Written by people: space around it is no part of it. */
  account(text: string): Memo | undefined {
    const memo = text.trim();
    const accountId = memo.slice(PREFIX.length);
    return memo.startsWith(PREFIX) && isSubjectToken(accountId) ? { kind: "account", accountId } : undefined;
  },
  epoch(text: string): Memo | undefined {
    const [, epoch, root] = /^flock:epoch:(0|[1-9][0-9]{0,18}):([0-9a-f]{64})$/.exec(text) ?? [];
    return epoch === undefined || root === undefined
      ? undefined
      : { kind: "epoch", epoch: BigInt(epoch), root };
  },
  /** Until the first version was out, the prefix of these was `fo:`. */
  payout(text: string): Memo | undefined {
    const [, batchId] = /^(?:flock|fo):payout:([A-Za-z0-9_-]{16})$/.exec(text) ?? [];
    return batchId === undefined ? undefined : { kind: "payout", batchId };
  },
} as const satisfies Record<Memo["kind"], (text: string) => Memo | undefined>;

/** What a memo says; undefined: nothing that this network knows. */
export function readMemo(text: string): Memo | undefined {
  return MEMO_READERS.account(text) ?? MEMO_READERS.epoch(text) ?? MEMO_READERS.payout(text);
}

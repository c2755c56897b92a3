/**
 * A batch is one chain transaction: payouts to several recipients, or the memo that anchors an epoch. Its bytes are
 * signed and stored in the same database transaction that assigns its payouts, before anything is sent; it never gets
 * other bytes. What expires is signed anew as another batch.
 *
 * | state | event | next |
 * | --- | --- | --- |
 * | signed | about to be sent for the first time | sent |
 * | signed, sent | found finalized without error, doing what it should | finalized |
 * | signed, sent | found finalized with an error, by every endpoint | failed |
 * | signed, sent | expired for certain ({@link judgeBatch}) | expired |
 *
 * At most one batch of a payout is live (signed, sent, finalized): a partial unique index of the database.
 */
export const BATCH_TRANSITIONS = {
  signed: ["sent", "finalized", "failed", "expired"],
  sent: ["finalized", "failed", "expired"],
  finalized: [],
  failed: [],
  expired: [],
} as const satisfies Record<string, readonly string[]>;

export type BatchState = keyof typeof BATCH_TRANSITIONS;
export type BatchPurpose = "payouts" | "anchor";

/** What an endpoint says about a signature; `undefined` error: it succeeded. */
export interface SignatureStatus {
  readonly slot: bigint;
  readonly isFinalized: boolean;
  readonly error: string | undefined;
}

/** What one endpoint says about a batch. The block height was asked for before the status. */
export interface EndpointView {
  readonly endpoint: string;
  readonly finalizedBlockHeight: bigint;
  /** From its whole history (searchTransactionHistory); undefined: not found. */
  readonly status: SignatureStatus | undefined;
}

/** An endpoint that did not answer. */
export interface Unreachable {
  readonly endpoint: string;
  readonly unreachable: true;
}

export type Judgement =
  | { readonly kind: "wait" }
  /** Finalized without error, says at least one; none says otherwise. */
  | { readonly kind: "landed"; readonly slot: bigint }
  /** Finalized with this error, says every endpoint. */
  | { readonly kind: "failed"; readonly error: string }
  /** Past its validity everywhere, and found nowhere. The history of the account has still to be read. */
  | { readonly kind: "expired" }
  /** The endpoints contradict each other, or themselves. */
  | { readonly kind: "contradiction"; readonly detail: string };

/**
 * What is known about a batch. The rule is asymmetric, because the errors are: to call a landed batch expired or failed
 * pays twice, to call a lost one landed is found by the reconciler. So one endpoint that found it finalized is enough
 * to believe that it landed (its effect is checked against the transaction itself), whereas expiry and failure need
 * every configured endpoint, and an endpoint that is away is waited for.
 *
 * A transaction can be included up to `lastValidBlockHeight`. An endpoint's finalized chain must be `marginBlocks`
 * further, so that one which lags, or forgets, is not believed too early.
 */
export function judgeBatch(
  batch: { readonly lastValidBlockHeight: bigint },
  views: readonly (EndpointView | Unreachable)[],
  marginBlocks: bigint,
): Judgement {
  const heard = views.filter((view): view is EndpointView => !("unreachable" in view));
  const finalized = heard.filter(({ status }) => status?.isFinalized === true);
  const failures = finalized.filter(({ status }) => status?.error !== undefined);
  const landed = finalized.find(({ status }) => status?.error === undefined);
  if (landed?.status !== undefined) {
    if (failures.length > 0)
      return contradiction("finalized with an error at", failures, "without one at", [landed]);
    return { kind: "landed", slot: landed.status.slot };
  }
  const isOver = (view: EndpointView) =>
    view.finalizedBlockHeight > batch.lastValidBlockHeight + marginBlocks;
  const [failure] = failures;
  if (failure?.status?.error !== undefined) {
    if (failures.length === views.length) return { kind: "failed", error: failure.status.error };
    const missing = heard.filter((view) => view.status === undefined && isOver(view));
    return missing.length > 0
      ? contradiction("finalized with an error at", failures, "not found at", missing)
      : { kind: "wait" };
  }
  if (heard.length < views.length || !heard.every(isOver)) return { kind: "wait" };
  const seen = heard.filter(({ status }) => status !== undefined);
  if (seen.length === 0) return { kind: "expired" };
  // Whatever was included while it was valid is finalized by now.
  return contradiction("past its validity and still not finalized at", seen, "asked", heard);
}

function contradiction(
  first: string,
  some: readonly EndpointView[],
  second: string,
  others: readonly EndpointView[],
): Judgement {
  const names = (views: readonly EndpointView[]) => views.map(({ endpoint }) => endpoint).join(", ");
  return { kind: "contradiction", detail: `${first} ${names(some)}, ${second} ${names(others)}` };
}

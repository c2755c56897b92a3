import type { MicroLlama } from "@flock/money";
import { type Parameters, type Tier, type TierLevel, tierOf } from "@flock/parameters";
import { LEDGER, type StatementReply, type UnstakesReply } from "@flock/proto/ledger";
import type { Balance } from "../mesh-services.js";
import type { RequestContext } from "../request-context.js";
import { accountOf, type Page, tracing } from "./caller.js";
import type { MoneyGateway } from "./money-gateway.js";

/** Unstaked amounts that are told at most. */
const RELEASES_MAX = 100;

/** Everything that an account has, and what its stake gives it. */
export interface AccountOverview {
  readonly account: string;
  readonly wallet: Balance;
  readonly stake: MicroLlama;
  readonly cooling: MicroLlama;
  /** What of `cooling` is not released yet. */
  readonly unreleased: UnstakesReply["unstakes"];
  readonly vested: Balance;
  readonly earnings: MicroLlama;
  readonly tier: Tier;
  /** Undefined at the highest. */
  readonly nextTier: { readonly level: TierLevel; readonly stakeMin: MicroLlama } | undefined;
}

/** The ledger accounts of an account whose transfers it may see. */
export const STATEMENT_KINDS = ["wallet", "earnings", "vested", "stake", "cooling"] as const;

export async function accountOverview(
  { services, parameters, stakes }: MoneyGateway,
  context: RequestContext,
): Promise<AccountOverview> {
  const owner = accountOf(context);
  const options = tracing(context);
  const balance = (kind: (typeof STATEMENT_KINDS)[number]) => services.balance(`${kind}:${owner}`, options);
  const unstakes = { owner, cursor: "", limit: RELEASES_MAX };
  const [wallet, stake, cooling, vested, earnings, unstaked] = await Promise.all([
    balance("wallet"),
    balance("stake"),
    balance("cooling"),
    balance("vested"),
    balance("earnings"),
    services.ask(LEDGER.unstakes, unstakes, options),
  ]);
  stakes.learn(owner, stake.posted);
  const tier = tierOf(stake.posted, parameters.current);
  return {
    account: owner,
    wallet,
    stake: stake.posted,
    cooling: cooling.posted,
    unreleased: unstaked.unstakes.filter(({ isReleased }) => !isReleased),
    vested,
    earnings: earnings.posted,
    tier,
    nextTier: nextTierOf(tier.level, parameters.current),
  };
}

/** The transfers of one of the account's ledger accounts, newest first. */
export async function accountStatement(
  { services }: MoneyGateway,
  context: RequestContext,
  { kind, cursor, limit }: Page & { readonly kind: (typeof STATEMENT_KINDS)[number] },
): Promise<StatementReply & { readonly ledgerAccount: string }> {
  const ledgerAccount = `${kind}:${accountOf(context)}`;
  const asked = { ledgerAccount, cursor, limit };
  return { ...(await services.ask(LEDGER.statement, asked, tracing(context))), ledgerAccount };
}

function nextTierOf(level: TierLevel, { values }: Parameters): AccountOverview["nextTier"] {
  const next = ([1, 2, 3] as const).find((each: TierLevel) => each > level);
  return next === undefined ? undefined : { level: next, stakeMin: values[`tier${next}StakeMinMicro`] };
}

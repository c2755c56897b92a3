import { z } from "zod";
import type {
  FailRule,
  failRuleSchema,
  HideRule,
  hideRuleSchema,
  SendRule,
  sendRuleSchema,
} from "./rpc/control-requests.js";
import { RpcClient } from "./rpc-client.js";

const nothing = z.null();
const stateSchema = z.object({
  slot: z.number(),
  slotMs: z.number(),
  transactions: z.number(),
  /** What is still to go wrong at this node. */
  faults: z.object({
    lagSlots: z.number(),
    send: z.array(z.custom<SendRule>()),
    fail: z.array(z.custom<FailRule>()),
    hide: z.array(z.custom<HideRule>()),
    repeats: z.number(),
  }),
});

export type ChainControlState = z.infer<typeof stateSchema>;

/** What is to happen to transactions that are sent; see {@link sendRuleSchema}. */
export type SendRuleRequest = z.input<typeof sendRuleSchema>;
export type FailRuleRequest = z.input<typeof failRuleSchema>;
export type HideRuleRequest = z.input<typeof hideRuleSchema>;

type WithoutKind<Rule> = Rule extends unknown ? Omit<Rule, "kind"> : never;
type RuleOf<Kind extends SendRuleRequest["kind"]> = WithoutKind<Extract<SendRuleRequest, { kind: Kind }>>;

/**
 * The local chain's test controls. Faults belong to the node whose URL this is and stay until they are used up or
 * cleared; they are forgotten when the process ends. Slots and forks are the whole chain's.
 */
export class ChainControls {
  readonly #rpc: RpcClient;

  constructor(rpcUrl: string) {
    this.#rpc = new RpcClient(rpcUrl);
  }

  /** Makes new slots at once. @returns the newest slot. */
  advanceSlots(slots: number): Promise<number> {
    return this.#rpc.call("dev_advanceSlots", [{ slots }], z.number());
  }

  /** Has slots made in this rhythm from now on; 0: only by {@link advanceSlots}. */
  async setSlotMs(slotMs: number): Promise<void> {
    await this.#rpc.call("dev_setSlotMs", [{ slotMs }], nothing);
  }

  /** The next transactions sent to this node are accepted and never land. */
  drop(rule: RuleOf<"drop"> = {}): Promise<void> {
    return this.#onSend({ kind: "drop", ...rule });
  }

  /** The next transactions sent to this node are accepted and land so many slots later, unless they expire before. */
  delay(rule: RuleOf<"delay">): Promise<void> {
    return this.#onSend({ kind: "delay", ...rule });
  }

  /**
   * The next transactions sent to this node land, can be seen, and `afterSlots` (1 to 31) later are gone: the cluster
   * has changed to a fork without them. `relandAfterSlots` after that they land on that fork, if they still may.
   */
  fork(rule: RuleOf<"fork">): Promise<void> {
    return this.#onSend({ kind: "fork", ...rule });
  }

  /**
   * Changes now to a fork that has other blocks in the newest `slots` (1 to 31), without the transactions given
   * (default: without any). @returns the signatures of those that are gone.
   */
  rollback(request: { readonly slots: number; readonly excluding?: readonly string[] }): Promise<string[]> {
    return this.#rpc.call("dev_rollback", [request], z.array(z.string()));
  }

  /** The next calls of this node fail. */
  async fail(rule: FailRuleRequest): Promise<void> {
    await this.#rpc.call("dev_fail", [rule], nothing);
  }

  /** The next answers of this node leave transactions out that are there: "not found", or a gap in a list. */
  async hide(rule: HideRuleRequest = {}): Promise<void> {
    await this.#rpc.call("dev_hide", [rule], nothing);
  }

  /** This node answers as it would have so many slots ago, until told otherwise; 0: as it should. */
  async lag(slots: number): Promise<void> {
    await this.#rpc.call("dev_lag", [{ slots }], nothing);
  }

  /** The next lists of signatures that are not empty have every entry twice. */
  async repeatSignatures(times = 1): Promise<void> {
    await this.#rpc.call("dev_repeatSignatures", [{ times }], nothing);
  }

  /** This node is honest again. What it has already accepted goes on as it was told. */
  async clearFaults(): Promise<void> {
    await this.#rpc.call("dev_clearFaults", [], nothing);
  }

  state(): Promise<ChainControlState> {
    return this.#rpc.call("dev_state", [], stateSchema);
  }

  async #onSend(rule: SendRuleRequest): Promise<void> {
    await this.#rpc.call("dev_onSend", [rule], nothing);
  }
}

import type { Answers } from "./console-server.js";
import { accountAnswer } from "./signed-in.js";
import { onBody, refusal } from "./stub-sign-in.js";
import { isSignedBy, type TestWallet } from "./test-wallet.js";

const DAY_MS = 86_400_000;
export const GENESIS = "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d";
const MINT = "So11111111111111111111111111111111111111112";
const day = (back: number) => new Date(Date.now() - back * DAY_MS).toISOString().slice(0, 10);
const at = (back: number) => new Date(Date.now() - back * DAY_MS).toISOString();

/** The lines of a signed text, by name. */
function linesOf(text: string): Record<string, string> {
  return Object.fromEntries(text.split("\n").map((line) => line.split(": ", 2)));
}

/** Money in the shapes of the api, for one wallet; what is signed is checked, and done once for each id. */
export function moneyAnswers(wallet: TestWallet): { answers: Answers; readonly taken: Map<string, string> } {
  const me = wallet.address;
  const taken = new Map<string, string>();
  const withdrawalOf = (text: string) => {
    const { id, amount, to } = linesOf(text);
    return {
      id,
      ledger_account: `wallet:${me}`,
      recipient: to,
      amount_micro: amount,
      state: "posted",
      is_final: true,
      signature: "5sigOfTheTransfer11111111111111111111111111111111111111",
      reason: "",
      created_at: at(0),
      updated_at: at(0),
    };
  };
  const signed = (answer: (text: string) => unknown) =>
    onBody(({ text = "", signature = "" }) => {
      if (!isSignedBy(me, text, signature))
        return refusal(401, "unauthenticated", "the signature is not yours");
      const { id, deposit } = linesOf(text);
      const key = id ?? deposit ?? "";
      if ((taken.get(key) ?? text) !== text)
        return refusal(409, "already_exists", "another request has this id");
      taken.set(key, text);
      return { json: answer(text) };
    });
  const lists = {
    "GET /flock/v1/account": { json: accountAnswer(me) },
    "GET /flock/v1/network": {
      json: {
        chain: "solana",
        genesis_hash: GENESIS,
        mint: MINT,
        parameters: { version: 3, values: { unstakeCooldownSeconds: 604_800, payoutMinMicro: "1000000" } },
        live: null,
      },
    },
    "GET /flock/v1/keys": { json: { keys: [] } },
    "GET /flock/v1/usage": { json: usageOf(me) },
    "GET /flock/v1/statement": { json: { transfers: transfersOf(me), next_cursor: null } },
    "GET /flock/v1/jobs": { json: { jobs: [PAST_JOB], next_cursor: null } },
    "GET /flock/v1/jobs/job-1": { json: { job: PAST_JOB } },
    "GET /flock/v1/deposits": { json: { deposits: [], next_cursor: null } },
    "GET /flock/v1/withdrawals": { json: { withdrawals: [], next_cursor: null } },
    "GET /flock/v1/deposit": {
      json: {
        network: GENESIS,
        mint: MINT,
        address: "7xKXtg2CW87d97TXJSDpbD5jBkheTqA83TZRuJosgAsU",
        token_account: "9xQeWvG816bUx9EPjHmaT23yvVM2ZWbrrpZb9PusVFin",
        memo: `flock:${me}`,
        reference: me,
        url: `solana:7xKXtg2CW87d97TXJSDpbD5jBkheTqA83TZRuJosgAsU?spl-token=${MINT}&memo=flock%3A${me}`,
        deposit_min_micro: "10000",
      },
    },
  };
  return {
    taken,
    answers: {
      ...lists,
      "POST /flock/v1/withdrawals": signed((text) => ({ withdrawal: withdrawalOf(text) })),
      "POST /flock/v1/unstakes": signed((text) => ({
        id: linesOf(text)["id"],
        amount_micro: linesOf(text)["amount"],
        stake_micro: "0",
        release_at: at(-7),
      })),
      "POST /flock/v1/claims": signed(() => ({ deposit: null })),
    },
  };
}

export function depositOf(state: string, more: object = {}) {
  return {
    signature: `${state}Sig1111111111111111111111111111111111111111111111111`,
    amount_micro: "2500000",
    state,
    account: null,
    sender: null,
    reason: "",
    slot: 7,
    seen_at: at(0),
    ...more,
  };
}

function usageOf(account: string) {
  const models = ["flock-tiny", "qwen3:4b", '<b>"hostile"</b>', "d", "e", "f"];
  return {
    account,
    from: day(29),
    to: day(0),
    is_cut: false,
    usage: models.flatMap((model, index) =>
      [0, 1, 3, 8, 20].map((back) => ({
        day: day(back),
        model,
        requests: "4",
        prompt_tokens: "100",
        completion_tokens: "900",
        charge_micro: String((10 - index) * 10_000 + back * 500),
      })),
    ),
  };
}

function transfersOf(me: string) {
  const line = (
    kind: string,
    phase: string,
    debit: string,
    credit: string,
    amount: string,
    back: number,
  ) => ({
    id: `${kind}-${back}`,
    kind,
    phase,
    debit,
    credit,
    amount_micro: amount,
    business_id: kind === "deposit" ? depositOf("credited").signature : "job-1",
    sequence: String(1_000 - Math.round(back * 100)),
    created_at: at(back),
  });
  const own = `wallet:${me}`;
  return [
    line("hold", "pending", own, "escrow:jobs", "500000", 0.01),
    line("fee", "single", own, "pool:fees", "100", 0.02),
    line("settlement", "post", own, "earnings:w", "2000", 0.03),
    line("deposit", "single", "external:solana", own, "13002100", 5),
  ];
}

/** A job that has ended. */
export const PAST_JOB = {
  id: "job-1",
  state: "completed",
  model: "flock-tiny",
  key_id: "k1",
  trace_id: "t1",
  created_at: at(0.03),
  finished_at: at(0.03),
  workers: ["Amber", "Birch"],
  resumes: 1,
  privacy: null,
  timing_ms: { queue: 120, claim: 4, prefill: 90, decode: 4_800, total: 5_014 },
  prompt_tokens: 31,
  completion_tokens: 212,
  completion_tokens_bound: "exact",
  charge_micro: "2100",
  done_reason: "stop",
  error_code: null,
  check: "same",
};

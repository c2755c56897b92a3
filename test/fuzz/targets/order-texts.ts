import { generateIdentity, identityFromSeed } from "@flock/keys";
import { microLlama } from "@flock/money";
import {
  claimText,
  delegationText,
  isSignedBy,
  readClaim,
  readDelegation,
  readSessionRequest,
  readUnstake,
  readWithdrawal,
  sessionText,
  unstakeText,
  withdrawalText,
} from "@flock/orders";
import { fuzzTarget } from "../fuzz-target.js";
import { mutatedText } from "../generators/text.js";
import { mustHold } from "../outcome.js";

const wallet = identityFromSeed(new Uint8Array(32).fill(7));
const network = "4uhcVJyU9pJkvQyS88uRDiswHXSCkY3zQawwpjk2NsNY";
const account = wallet.id;
const expiresMs = Date.UTC(2030, 0, 1);
const id = "0b9c2f0e-5a51-4f0a-9d0c-6a4b5f7c8d9e";
const amount = microLlama(1_500_000n);

const SEEDS = [
  withdrawalText({ network, account, amount, to: account, id, expiresMs }),
  unstakeText({ network, account, amount, id, expiresMs }),
  claimText({ network, account, deposit: "5".repeat(88), to: account, expiresMs }),
  delegationText({
    api: "https://api.example",
    wallet: account,
    payout: account,
    key: generateIdentity().id,
    challenge: "2".repeat(22),
    issuedMs: expiresMs,
    expiresMs: expiresMs + 86_400_000,
  }),
  sessionText({ key: account, session: `U${"A".repeat(55)}`, issuedMs: expiresMs }),
];
const SIGNATURES = SEEDS.map((text) => wallet.sign(Buffer.from(text)));

const KINDS: readonly ((text: string) => string | undefined)[] = [
  rewritten(readWithdrawal, withdrawalText),
  rewritten(readUnstake, unstakeText),
  rewritten(readClaim, claimText),
  rewritten(readDelegation, delegationText),
  rewritten(readSessionRequest, sessionText),
];

/** What a text is written as again once it is read; undefined: it is not taken. */
function rewritten<T extends object>(
  read: (text: string) => T | { fault: string },
  write: (order: T) => string,
) {
  return (text: string): string | undefined => {
    const order = read(text);
    return "fault" in order ? undefined : write(order as T);
  };
}

export const orderTexts = fuzzTarget({
  name: "order-texts",
  about:
    "what wallets sign: withdrawals, unstakes, claims, delegations, requests for sessions, and their signatures",
  open: () => ({
    inputs: mutatedText(SEEDS),
    probe: (text) => {
      const again = KINDS.map((kind) => kind(text)).filter((each) => each !== undefined);
      mustHold(again.length <= 1, "one text is read as two orders");
      mustHold(
        again.every((each) => each === text),
        "a text is taken that its own writer would not write",
      );
      // A signature costs a hundred times as much to check.
      if (text.length % 16 !== 0) return again.length > 0;
      const kind = text.length % SEEDS.length;
      const isSigned = isSignedBy(account, text, SIGNATURES[kind] ?? new Uint8Array());
      mustHold(isSigned === (SEEDS[kind] === text), "a signature is good for another text");
      return again.length > 0;
    },
  }),
});

/*
 * Names that commands had before members' words came first. They work for one release, are in no help, and say on
 * standard error what they are called now.
 */
import type { OptionSpec } from "./command-spec.js";
import { GLOBAL_OPTIONS, NATS_OPTIONS } from "./shared-options.js";

interface OldName {
  readonly words: readonly string[];
  readonly now: readonly string[];
  /** Whether the old command is meant, where a new one has its name: by what follows. */
  readonly when?: (rest: readonly string[]) => boolean;
}

const isOperator = (rest: readonly string[]) =>
  rest.some((word) => /^--(account|nats-url|nats-credentials)(=|$)/.test(word));
const hasOperand = (rest: readonly string[]) => operandsOf(rest).length > 0;
const hasAmount = (rest: readonly string[]) => /^\d/.test(operandsOf(rest)[0] ?? "");

const OLD_NAMES: readonly OldName[] = [
  { words: ["keys"], now: ["admin", "keys"], when: isOperator },
  { words: ["balance"], now: ["admin", "balance"], when: hasOperand },
  { words: ["statement"], now: ["admin", "statement"], when: hasOperand },
  { words: ["fund"], now: ["admin", "fund"] },
  { words: ["workers"], now: ["admin", "workers"] },
  { words: ["offences"], now: ["admin", "offences"] },
  { words: ["treasury"], now: ["admin", "treasury"] },
  { words: ["access"], now: ["admin", "access"] },
  { words: ["wallet", "key"], now: ["keys", "create"] },
  { words: ["wallet", "keys"], now: ["keys", "list"] },
  { words: ["wallet", "revoke-key"], now: ["keys", "revoke"] },
  { words: ["account"], now: ["balance"] },
  { words: ["deposits"], now: ["deposit", "list"] },
  { words: ["claim"], now: ["deposit", "claim"] },
  { words: ["withdrawals"], now: ["withdraw", "list"] },
  { words: ["stake"], now: ["stake", "add"], when: hasAmount },
  { words: ["unstake"], now: ["stake", "remove"] },
  { words: ["epochs", "verify"], now: ["verify", "epoch"] },
  { words: ["reserves"], now: ["verify", "reserves"] },
  { words: ["worker", "state"], now: ["worker", "status"] },
];

/** A command line with the names of today, and the names of both times if it was written with old ones. */
export function inTodaysNames(args: readonly string[]): {
  args: readonly string[];
  renamed?: { readonly from: string; readonly to: string };
} {
  const sent = sentDeposit(args);
  if (sent !== undefined) return sent;
  const places = operandPlaces(args);
  for (const { words, now, when } of OLD_NAMES) {
    if (!words.every((word, index) => args[places[index] ?? -1] === word)) continue;
    const last = places[words.length - 1] ?? 0;
    const rest = args.slice(last + 1);
    if (when !== undefined && !when(rest)) continue;
    const before = args
      .slice(0, last + 1)
      .filter((_, index) => !places.slice(0, words.length).includes(index));
    return {
      args: [...now, ...before, ...rest],
      renamed: { from: words.join(" "), to: now.join(" ") },
    };
  }
  return { args };
}

/** `deposit --send 5` is `deposit send 5`. */
function sentDeposit(args: readonly string[]): ReturnType<typeof inTodaysNames> | undefined {
  const command = operandPlaces(args)[0];
  const flag = args.findIndex((word) => word === "--send" || word.startsWith("--send="));
  if (command === undefined || args[command] !== "deposit" || flag < 0) return undefined;
  const isJoined = args[flag]?.startsWith("--send=") === true;
  const amount = isJoined ? args[flag]?.slice("--send=".length) : args[flag + 1];
  const rest = args.filter(
    (_, index) => index !== command && index !== flag && !(index === flag + 1 && !isJoined),
  );
  return {
    args: ["deposit", "send", ...(amount === undefined ? [] : [amount]), ...rest],
    renamed: { from: "deposit --send", to: "deposit send" },
  };
}

const VALUED: ReadonlySet<string> = new Set(
  [...GLOBAL_OPTIONS, ...NATS_OPTIONS].filter(takesValue).map(({ flags }) => flags.split(" ")[0] ?? ""),
);

function takesValue({ flags }: OptionSpec): boolean {
  return flags.includes("<");
}

/** Where the words are that are no options, nor the values of options that all commands have. */
function operandPlaces(args: readonly string[]): readonly number[] {
  const places: number[] = [];
  for (let index = 0; index < args.length; index += 1) {
    const word = args[index] ?? "";
    if (word === "--") break;
    if (VALUED.has(word)) index += 1;
    else if (!word.startsWith("-")) places.push(index);
  }
  return places;
}

function operandsOf(args: readonly string[]): readonly string[] {
  // The value of an option of one command alone cannot be told from an operand here: only what comes first counts.
  const first = args[0] ?? "";
  if (first.startsWith("-") && !VALUED.has(first)) return [];
  return operandPlaces(args).map((index) => args[index] ?? "");
}

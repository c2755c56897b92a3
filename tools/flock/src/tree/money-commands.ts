import type { CommandSpec } from "./command-spec.js";
import { CONSENT_OPTIONS, pageOptions } from "./shared-options.js";

const group = "Money";
const AMOUNT = { name: "<llama>", about: 'amount, such as "25" or "0.5"' } as const;
const ID_OPTION = {
  flags: "--id <uuid>",
  about: "repeats an earlier call, which then has no second effect",
} as const;

/** For the holder of a wallet. */
export const MONEY_COMMANDS: readonly CommandSpec[] = [
  {
    name: "wallet",
    group,
    summary: "Solana wallets, as key files of the Solana tools",
    commands: [
      {
        name: "create",
        summary: "makes a new wallet in the file that --wallet names; never replaces one",
        examples: ["flock wallet create --wallet wallet.json"],
        load: async () => (await import("../commands/wallet.js")).makeWallet,
      },
      {
        name: "address",
        summary: "the wallet's address, which is also its account at the network",
        examples: ["flock wallet address", "flock wallet address --wallet wallet.json"],
        load: async () => (await import("../commands/wallet.js")).showAddress,
      },
      {
        name: "sign",
        summary: "signs a text that the console, an API or flock worker enrol shows; prints the signature",
        arguments: [
          { name: "[file]", about: 'a file with the text; "-" or none: standard input, or paste it' },
        ],
        options: CONSENT_OPTIONS,
        notes:
          "It signs what the network has wallets sign, for this wallet and while it is good, and nothing else: a sign-in, a\nwithdrawal, an unstake, a claim, a worker's key. It asks nobody, so it works on a machine without a network. Of a\nsign-in, look whether the text names the site that you mean.",
        examples: ["flock wallet sign", "flock wallet sign text.txt", "flock wallet sign --yes < text.txt"],
        load: async () => (await import("../commands/wallet.js")).signText,
      },
    ],
  },
  {
    name: "balance",
    group,
    summary: "what your account has, what is held, staked and earned, and its tier",
    examples: ["flock balance", "flock balance --json"],
    load: async () => (await import("../commands/balance.js")).showBalance,
  },
  {
    name: "statement",
    group,
    summary: "the transfers of your account, newest first",
    options: [
      {
        flags: "--of <pocket>",
        about: "which of its pockets",
        default: "wallet",
        choices: ["wallet", "earnings", "vested", "stake", "cooling"],
      },
      ...pageOptions("transfers"),
    ],
    examples: ["flock statement", "flock statement --of earnings --limit 50"],
    load: async () => (await import("../commands/balance.js")).showStatement,
  },
  {
    name: "deposit",
    group,
    summary: "how to pay LLAMA in; and what arrived",
    examples: ["flock deposit", "flock deposit send 5"],
    load: async () => (await import("../commands/deposit.js")).showInstructions,
    commands: [
      {
        name: "send",
        summary: "pays in from the wallet, and waits until the chain has finalized it",
        arguments: [AMOUNT],
        options: [
          {
            flags: "--rpc-url <url>",
            about: "Solana RPC to send by, else SOLANA_RPC_URL, else that of the local mesh",
          },
          ...CONSENT_OPTIONS,
        ],
        examples: ["flock deposit send 5", "flock deposit send 5 --dry-run"],
        load: async () => (await import("../commands/deposit.js")).sendDeposit,
      },
      {
        name: "list",
        summary: "finalized deposits to your account, newest first",
        options: [
          {
            flags: "--suspended",
            about: "those that the wallet sent and nobody was credited for; see: flock deposit claim",
          },
          ...pageOptions("deposits"),
        ],
        examples: ["flock deposit list", "flock deposit list --suspended"],
        load: async () => (await import("../commands/deposit.js")).listDeposits,
      },
      {
        name: "claim",
        summary:
          "has a deposit that the wallet sent and nobody was credited for credited; signed by the wallet",
        arguments: [
          {
            name: "<signature>",
            about: 'of the deposit\'s transaction, from "flock deposit list --suspended"',
          },
        ],
        options: [
          { flags: "--to <account>", about: "account that is credited, if not the wallet's own" },
          ...CONSENT_OPTIONS,
        ],
        examples: ["flock deposit claim 5VfYd7…", "flock deposit claim 5VfYd7… --to alice --yes"],
        load: async () => (await import("../commands/deposit.js")).claimDeposit,
      },
    ],
  },
  {
    name: "withdraw",
    group,
    summary: "pays LLAMA of your account out on chain; signed by the wallet",
    arguments: [{ name: "<llama>", about: AMOUNT.about }],
    options: [
      { flags: "--to <address>", about: "wallet that is paid, if not this one" },
      { flags: "--wait", about: "until it is paid" },
      ID_OPTION,
      ...CONSENT_OPTIONS,
    ],
    examples: ["flock withdraw 2", "flock withdraw 2 --wait --yes", "flock withdraw list"],
    load: async () => (await import("../commands/withdraw.js")).withdraw,
    commands: [
      {
        name: "list",
        summary: "payouts of your account, newest first",
        options: [
          { flags: "--vested", about: "those of its worker's earnings" },
          ...pageOptions("withdrawals"),
        ],
        examples: ["flock withdraw list", "flock withdraw list --vested"],
        load: async () => (await import("../commands/withdraw.js")).listWithdrawals,
      },
    ],
  },
  {
    name: "stake",
    group,
    summary: "what your account has staked; and what is cooling",
    examples: ["flock stake", "flock stake add 10"],
    load: async () => (await import("../commands/stake.js")).showStake,
    commands: [
      {
        name: "add",
        summary: "stakes LLAMA of your account",
        arguments: [AMOUNT],
        options: [ID_OPTION, ...CONSENT_OPTIONS],
        examples: ["flock stake add 10", "flock stake add 10 --yes"],
        load: async () => (await import("../commands/stake.js")).addStake,
      },
      {
        name: "remove",
        summary: "takes LLAMA out of the stake, to be had after the cooldown; signed by the wallet",
        arguments: [AMOUNT],
        options: [ID_OPTION, ...CONSENT_OPTIONS],
        examples: ["flock stake remove 4", "flock stake remove 4 --dry-run"],
        load: async () => (await import("../commands/stake.js")).removeStake,
      },
    ],
  },
  {
    name: "collect",
    group,
    summary: "moves earnings into your account, to be spent on the network",
    arguments: [{ name: "[llama]", about: "amount; all that can be collected, if it is left out" }],
    options: [ID_OPTION, ...CONSENT_OPTIONS],
    examples: ["flock collect", "flock collect 3 --yes"],
    load: async () => (await import("../commands/stake.js")).collect,
  },
];

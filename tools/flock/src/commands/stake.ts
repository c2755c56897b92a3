import { randomUUID } from "node:crypto";
import { Command } from "commander";
import { z } from "zod";
import { printing } from "../command.js";
import { apiClientOf } from "../money/api-client.js";
import { inLlama, micro, typedLlama } from "../money/llama.js";
import { withSession } from "../money/session.js";
import { handIn } from "../money/signed-request.js";
import { openWallet } from "../money/wallet-file.js";
import type { Surroundings } from "../surroundings.js";

const staked = z.looseObject({ id: z.string(), stake_micro: micro, available_micro: micro });
const unstaked = z.looseObject({ id: z.string(), stake_micro: micro, release_at: z.string().nullable() });
const collected = z.looseObject({ id: z.string(), vested_micro: micro, available_micro: micro });
const vested = z.object({ vested: z.object({ available_micro: micro }) });

/** `flock stake`, `flock unstake`, `flock collect`: between the pockets of the wallet's account. */
export function stakeCommands(surroundings: Surroundings): readonly Command[] {
  return [stake(surroundings), unstake(surroundings), collect(surroundings)];
}

function stake(surroundings: Surroundings): Command {
  return new Command("stake")
    .description("stakes LLAMA of the wallet's account")
    .argument("<llama>", 'amount, such as "25" or "0.5"')
    .option("--id <uuid>", "repeats an earlier call, which then has no second effect")
    .action(
      printing<{ id?: string }>(surroundings, (args, { id = randomUUID(), ...options }) => {
        const amount = typedLlama(args[0] ?? "");
        return withSession(options, surroundings, async (api) => {
          const done = await api.post("/stakes", { id, amount_micro: String(amount) }, staked);
          return {
            json: done,
            text:
              `staked ${inLlama(amount)} LLAMA (request ${id})\n` +
              `stake now: ${inLlama(done.stake_micro)} LLAMA; available: ${inLlama(done.available_micro)} LLAMA\n`,
          };
        });
      }),
    );
}

function unstake(surroundings: Surroundings): Command {
  return new Command("unstake")
    .description("takes LLAMA out of the stake; signed by the wallet. It is available after the cooldown")
    .argument("<llama>", 'amount, such as "25" or "0.5"')
    .action(
      printing(surroundings, async (args, options) => {
        const amount = typedLlama(args[0] ?? "");
        const wallet = await openWallet(options, surroundings);
        const api = await apiClientOf(options, surroundings);
        const done = await handIn(api, wallet, { title: "unstake", facts: { amount } }, unstaked);
        return {
          json: done,
          text:
            `unstaked ${inLlama(amount)} LLAMA (request ${done.id}), available at ${done.release_at ?? "?"}\n` +
            `stake now: ${inLlama(done.stake_micro)} LLAMA\n`,
        };
      }),
    );
}

function collect(surroundings: Surroundings): Command {
  return new Command("collect")
    .description("moves earnings into the wallet's account, to be spent on the network")
    .argument("[llama]", "amount; all that can be collected, if it is left out")
    .option("--id <uuid>", "repeats an earlier call, which then has no second effect")
    .action(
      printing<{ id?: string }>(surroundings, (args, { id = randomUUID(), ...options }) => {
        const typed = args[0] === undefined ? undefined : typedLlama(args[0]);
        return withSession(options, surroundings, async (api) => {
          const amount = typed ?? (await api.get("/account", vested)).vested.available_micro;
          if (amount === 0n)
            return { json: { id: null, amount_micro: amount }, text: "nothing to collect\n" };
          const done = await api.post("/collects", { id, amount_micro: String(amount) }, collected);
          return {
            json: done,
            text:
              `collected ${inLlama(amount)} LLAMA (request ${id})\n` +
              `available now: ${inLlama(done.available_micro)} LLAMA\n`,
          };
        });
      }),
    );
}

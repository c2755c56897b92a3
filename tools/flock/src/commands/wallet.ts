import { Command } from "commander";
import { printing } from "../command.js";
import { createWallet, openWallet } from "../money/wallet-file.js";
import type { Surroundings } from "../surroundings.js";
import { walletKeyCommands } from "./wallet-keys.js";

/** `flock wallet create | address | key | keys | revoke-key`. */
export function walletCommand(surroundings: Surroundings): Command {
  const wallet = new Command("wallet").description("Solana wallets, as key files of the Solana tools");
  wallet
    .command("create")
    .description("makes a new wallet in the file that --wallet names; never replaces one")
    .action(
      printing(surroundings, async (_args, options) => {
        const { file, wallet: created } = await createWallet(options, surroundings);
        return {
          json: { address: created.id, file },
          text: `address  ${created.id}\nfile     ${file}\n\nKeep the file: it is the wallet.\n`,
        };
      }),
    );
  wallet
    .command("address")
    .description("the wallet's address, which is also its account at the network")
    .action(
      printing(surroundings, async (_args, options) => {
        const { id } = await openWallet(options, surroundings);
        return { json: { address: id }, text: `${id}\n` };
      }),
    );
  for (const command of walletKeyCommands(surroundings)) wallet.addCommand(command);
  return wallet;
}

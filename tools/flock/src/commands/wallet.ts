import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Answer, Call } from "../command.js";
import { Fault } from "../faults/fault.js";
import { signatureOver } from "../money/session.js";
import { readSignable } from "../money/signable-text.js";
import { createWallet, openWallet } from "../money/wallet-file.js";
import { facts } from "../output/sheet.js";

/** `flock wallet create` */
export async function makeWallet(call: Call): Promise<Answer> {
  const { file, wallet } = await createWallet(call);
  return {
    json: { address: wallet.id, file },
    text: facts([
      ["address", wallet.id],
      ["file", file],
    ]),
    note: "\nKeep the file: it is the wallet.\n",
  };
}

/** `flock wallet address` */
export async function showAddress(call: Call): Promise<Answer> {
  const { id } = await openWallet(call);
  return { json: { address: id }, text: `${id}\n` };
}

/** No text that the network has wallets sign is longer, or has more lines. */
const TEXT_BYTES_MAX = 2_000;
const TEXT_LINES_MAX = 20;

/** `flock wallet sign`: for whoever is shown a text somewhere else, as the console shows it. */
export async function signText(call: Call): Promise<Answer> {
  const wallet = await openWallet(call);
  const text = await givenText(call);
  const signable = readSignable(text, Date.now());
  if ("fault" in signable)
    throw new Fault(
      "invalid_argument",
      `that is no text that this network has wallets sign: ${signable.fault}`,
      {
        advice: "nothing was signed; give the whole text, and nothing beside it",
      },
    );
  const { kind, signer, what, lapsed } = signable;
  if (signer !== wallet.id)
    throw new Fault("failed_precondition", `the text is for the wallet ${signer}, and this is ${wallet.id}`, {
      advice: "nothing was signed; name the key file of that wallet with --wallet",
    });
  if (lapsed !== undefined)
    throw new Fault("failed_precondition", `the text is of no use now: ${lapsed}`, {
      advice: "nothing was signed; have a new text made",
    });
  if (!(await call.report.agreed({ what, text })))
    return { json: { dry_run: true, kind, text }, text: `${text}\n`, note: `${what}: nothing was signed\n` };
  const signature = signatureOver(wallet, text);
  return { json: { kind, account: wallet.id, text, signature }, text: `${signature}\n` };
}

/** The text that is to be signed, with the line ends that it has everywhere, and none behind it. */
async function givenText({ args, surroundings, report }: Call): Promise<string> {
  const [file = "-"] = args;
  const isTyped = file === "-" && surroundings.terminal.stdin;
  if (isTyped) {
    report.note("Paste the whole text, then press Enter. Ctrl-D ends it.\n");
    const lines = await surroundings.paste(
      (pasted) => pasted.length >= TEXT_LINES_MAX || !("fault" in readSignable(pasted.join("\n"), 0)),
    );
    return lines.join("\n");
  }
  const given =
    file === "-" ? await surroundings.input(TEXT_BYTES_MAX) : await readFile(resolve(file), "utf8");
  return given.replaceAll("\r\n", "\n").replace(/\n$/, "");
}

import { resolve } from "node:path";
import { completeElsewhere, draftElsewhere, EnrolmentApi } from "@flock/enrolment";
import type { Answer, Call } from "../command.js";

const SIGNATURE_BYTES_MAX = 1_000;

interface EnrolOptions {
  readonly api: string;
  readonly file: string;
  readonly payout?: string;
  readonly days: string;
  readonly signature?: string;
}

/** `flock worker enrol`: has a wallet whose key is elsewhere let a worker work for it. */
export async function enrol({ options, surroundings, report }: Call<EnrolOptions>): Promise<Answer> {
  const { signature, payout, days } = options;
  // An option of all commands: here it is an address, because the key is elsewhere.
  const { wallet = "" } = options;
  const file = resolve(options.file);
  const elsewhere = { api: new EnrolmentApi(options.api), wallet, file, payout };
  if (signature === undefined) {
    // Alone on standard output, so that it can be handed on as it is.
    const text = await draftElsewhere(elsewhere, days);
    report.note(`${wallet} is to sign this text; then run the command again with --signature.\n`);
    return { json: { text, wallet, file }, text: `${text}\n` };
  }
  const given = signature === "-" ? await surroundings.input(SIGNATURE_BYTES_MAX) : signature;
  const { key, payout: paid, expiresMs } = await completeElsewhere(elsewhere, given);
  const expires = new Date(expiresMs).toISOString();
  return {
    json: { wallet, key, payout: paid, expires, file },
    text:
      `worker ${wallet} is enrolled until ${expires}; ${paid} is paid\n` +
      `${file} is secret: who has it can work in the wallet's name\n`,
  };
}

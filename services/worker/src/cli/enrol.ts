import { completeElsewhere, DELEGATION_DAYS_MAX, draftElsewhere, EnrolmentApi } from "@flock/enrolment";
import { FlockError } from "@flock/errors";
import type { WorkerConfig } from "../config.js";
import type { Surroundings } from "./surroundings.js";

/** Has a wallet whose key is elsewhere let this worker work, in two steps. The text is alone on standard output. */
export async function enrol(
  config: WorkerConfig,
  signature: string | undefined,
  { stdout, stderr }: Pick<Surroundings, "stdout" | "stderr">,
): Promise<void> {
  const { WORKER_API_URL, WORKER_WALLET: wallet, WORKER_ENROLMENT_FILE: file, WORKER_PAYOUT } = config;
  if (WORKER_API_URL === "" || wallet === "")
    throw new FlockError(
      "invalid_argument",
      "which wallet? flock-worker enrol --api <url> --wallet <address>",
    );
  const payout = WORKER_PAYOUT === "" ? undefined : WORKER_PAYOUT;
  const elsewhere = { api: new EnrolmentApi(WORKER_API_URL), wallet, file, payout };
  if (signature === undefined) {
    const text = await draftElsewhere(elsewhere, String(DELEGATION_DAYS_MAX));
    stdout.write(`${text}\n`);
    stderr.write(
      `${wallet} is to sign this text; then run the command again with --signature <signature>.\n`,
    );
    return;
  }
  const { payout: paid, expiresMs } = await completeElsewhere(elsewhere, signature);
  stdout.write(
    `worker ${wallet} is enrolled until ${new Date(expiresMs).toISOString()}; ${paid} is paid\n` +
      `${file} is secret: who has it can work in the wallet's name\n`,
  );
}

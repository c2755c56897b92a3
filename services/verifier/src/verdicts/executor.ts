import { type Part, repeating } from "@flock/mesh";
import {
  closeConsequence,
  closeVerdicts,
  dueConsequences,
  makeDue,
  verdictsPastAppeal,
} from "../store/verdicts.js";
import type { Verifier } from "../verifier.js";
import { type ConsequencesLedger, isRefusal } from "./ledger.js";

const INTERVAL_MS = 1_000;
const PAGE = 100;
const BPS = 10_000n;

type Due = Awaited<ReturnType<typeof dueConsequences>>[number];

/**
 * Carries out what follows from convictions whose appeal window is over. What it was about to do stands in the database
 * before it does it, and the ledger does each once: so it may end at any moment.
 */
export function executor(verifier: Verifier, ledger: ConsequencesLedger): Part {
  const { logger } = verifier;
  return repeating({ name: "executor", logger, intervalMs: INTERVAL_MS }, () => execute(verifier, ledger));
}

/** One round; true if there is more to do at once. */
export async function execute(verifier: Verifier, ledger: ConsequencesLedger): Promise<boolean> {
  const { db, clock, rules, logger } = verifier;
  const unixMs = clock.unixMs();
  for (const verdict of await verdictsPastAppeal(db.kysely, new Date(unixMs))) {
    const { slashBps, takeBackMs } = rules();
    const stake = await ledger.stakeOf(verdict.worker_id);
    const due = { since: new Date(unixMs - takeBackMs), slashMicro: (stake * BigInt(slashBps)) / BPS };
    if (await makeDue(db.kysely, verdict, due))
      logger.warn(
        { workerId: verdict.worker_id, verdictId: verdict.verdict_id },
        "a conviction is carried out",
      );
  }
  const consequences = await dueConsequences(db.kysely, PAGE);
  for (const due of consequences) await carryOut(verifier, ledger, due);
  await closeVerdicts(db.kysely);
  return consequences.length === PAGE;
}

async function carryOut(
  { db, metrics, logger }: Verifier,
  ledger: ConsequencesLedger,
  due: Due,
): Promise<void> {
  let end: { state: "done" | "refused"; doneMicro: bigint };
  try {
    end = { state: "done", doneMicro: await move(ledger, due) };
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const facts = { err: error, verdictId: due.verdict_id, kind: due.kind, subject: due.subject };
    logger.info(facts, "the ledger refused what follows from a verdict");
    end = { state: "refused", doneMicro: 0n };
  }
  await closeConsequence(db.kysely, due.id, end);
  metrics.consequence(due.kind, end.state);
}

function move(ledger: ConsequencesLedger, due: Due): Promise<bigint> {
  switch (due.kind) {
    case "clawback":
      return ledger.clawback(due.subject);
    case "compensate":
      return ledger.compensate(due.subject, due.amount_micro);
    case "slash":
      return ledger.slash(due.verdict_id, due.subject, due.amount_micro);
  }
}

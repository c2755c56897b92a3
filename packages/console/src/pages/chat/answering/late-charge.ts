import { request } from "../../../data/client.js";
import { currentSession } from "../../../data/session.js";
import { microOf } from "../../../format/amount.js";
import { chatOf, putTurns } from "../conversation/chat-store.js";
import type { Answer } from "../conversation/turns.js";

interface Job {
  readonly state: string;
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly charge_micro: string;
}

/** A job is told of within two seconds of its end. */
const ASKED_AFTER_MS = [1_000, 3_000, 10_000];

/**
 * What an answer cost that was stopped or broke off: its last line, which would say it, never came. Only the account
 * that pays may ask, so that of a guest stays unknown.
 */
export async function settleCharge(
  chatId: string,
  { id, state, facts }: Answer,
  token: string | undefined,
): Promise<void> {
  const { jobId } = facts;
  if (jobId === null || facts.chargeMicro !== null || state === "done") return;
  if (token === undefined && currentSession() === null) return;
  for (const ms of ASKED_AFTER_MS) {
    await new Promise((resolve) => setTimeout(resolve, ms));
    const job = await jobOf(jobId, token);
    if (job === null || job.state === "running" || microOf(job.charge_micro) === null) continue;
    const turn = chatOf(chatId)?.turns.find((each) => each.id === id);
    if (turn?.kind !== "answer") return;
    const known = {
      chargeMicro: job.charge_micro,
      promptTokens: job.prompt_tokens,
      completionTokens: job.completion_tokens,
    };
    putTurns(chatId, [{ ...turn, facts: { ...turn.facts, ...known } }]);
    return;
  }
}

async function jobOf(id: string, token: string | undefined): Promise<Job | null> {
  try {
    const path = `/flock/v1/jobs/${encodeURIComponent(id)}`;
    // The session may read the account; a key that was made for chatting may not.
    const options = token === undefined || currentSession() !== null ? {} : { token };
    return (await request<{ readonly job: Job }>(path, options)).job;
  } catch {
    // It stays unknown, and is said to be.
    return null;
  }
}

import type { TokenChoice } from "@flock/evidence";
import { type BegunText, type JobResult, openReceipt, type PrivacyLabel, type Requester } from "@flock/jobs";
import type { Clock } from "@flock/mesh";
import { continueTrace } from "@flock/observability";
import type { CatalogueEntry } from "@flock/proto/catalogue";
import { Checking } from "@flock/proto/events";
import type { Operation } from "@flock/proto/jobs";
import { firstChoices, refereeRequest } from "../domain/referee-request.js";
import { CHECKS_ACCOUNT } from "../verifier.js";
import type { ChecksAccount } from "./checks-account.js";
import type { Seat } from "./referees.js";

const QUEUE_MS_MAX = 30_000;
const RUN_MS_MAX = 120_000;

export interface RunOrder {
  readonly runId: string;
  readonly operation: Operation;
  readonly entry: CatalogueEntry;
  readonly requestJson: Uint8Array;
  /** The how-manieth question about the place, from 0. */
  readonly question: number;
  readonly begun: BegunText;
  readonly seat: Seat;
  /** As private as its worker got it, at least. */
  readonly privacyMin: PrivacyLabel;
  /** Ends the run early. */
  readonly stop: AbortSignal;
}

/** What a referee said, and who it was. No choices: it has ended its text there. */
export interface RefereeAnswer {
  readonly refereeId: string;
  /** Who is paid for it. */
  readonly payeeId: string;
  readonly choices: readonly TokenChoice[] | undefined;
}

/** Asks referees. A port, so that tests of everything else need no workers. */
export interface RefereeRuns {
  /** Undefined: nobody answered, or not what was asked. */
  run(order: RunOrder): Promise<RefereeAnswer | undefined>;
}

/** Referees are asked by jobs that look like any that goes on behind a lost worker. */
export class MeshRefereeRuns implements RefereeRuns {
  readonly #requester: Pick<Requester, "submit">;
  readonly #account: ChecksAccount;
  readonly #clock: Pick<Clock, "unixMs">;

  constructor(requester: Pick<Requester, "submit">, account: ChecksAccount, clock: Pick<Clock, "unixMs">) {
    this.#requester = requester;
    this.#account = account;
    this.#clock = clock;
  }

  async run({
    runId,
    operation,
    entry,
    requestJson: asked,
    question,
    begun,
    seat,
    privacyMin,
    stop,
  }: RunOrder): Promise<RefereeAnswer | undefined> {
    const requestJson = refereeRequest(asked, begun.tokensMax, question);
    if (requestJson === undefined) return undefined;
    const promptBytes =
      requestJson.length + Buffer.byteLength(begun.text) + Buffer.byteLength(begun.thinking ?? "");
    const payer = this.#account.payerOf({ jobId: runId, entry, promptBytes, timeoutMs: RUN_MS_MAX });
    return await new Promise((resolve) => {
      let choices: TokenChoice[] | undefined;
      let length = 0;
      const cancel = () => handle.cancel();
      const handle = this.#requester.submit(
        {
          jobId: runId,
          accountId: CHECKS_ACCOUNT,
          tier: 0,
          operation,
          model: entry.name,
          modelDigest: entry.digest,
          promptPriceMicro: entry.promptPriceMicro,
          completionPriceMicro: entry.completionPriceMicro,
          promptBytes,
          completionTokensMax: 1,
          deadlineUnixMs: this.#clock.unixMs() + RUN_MS_MAX,
          requestJson,
          resume: "continue",
          resumeFrom: begun,
          coalesce: false,
          traceparent: continueTrace(),
          acceptsWorker: (workerId) => seat.workers.has(workerId),
          preferredWorkerId: seat.preferred,
          queueMaxMs: QUEUE_MS_MAX,
          checking: Checking.NEVER,
          privacyMin,
          payer,
        },
        {
          onChunk: ({ logprobsJson, text, thinking }) => {
            length += text.length + thinking.length;
            choices ??= logprobsJson.length === 0 ? undefined : firstChoices(logprobsJson);
          },
          onEnd: () => {},
          onClosed: (result) => {
            stop.removeEventListener("abort", cancel);
            resolve(answerOf(result, choices, length));
          },
        },
      );
      stop.addEventListener("abort", cancel, { once: true });
    });
  }
}

function answerOf(
  { outcome, receipt: signed, doneReason }: JobResult,
  choices: readonly TokenChoice[] | undefined,
  length: number,
): RefereeAnswer | undefined {
  const receipt = signed === undefined ? undefined : openReceipt(signed);
  if (outcome !== "completed" || receipt === undefined) return undefined;
  const isEnd = doneReason === "stop" && length === 0;
  if (choices === undefined && !isEnd) return undefined;
  return {
    refereeId: receipt.workerId,
    payeeId: receipt.payeeId === "" ? receipt.workerId : receipt.payeeId,
    choices,
  };
}

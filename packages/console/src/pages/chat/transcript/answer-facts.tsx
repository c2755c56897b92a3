import type { ReactNode } from "react";
import { useState } from "react";
import { useOwnAsked } from "../../../data/asked.js";
import { microOf } from "../../../format/amount.js";
import { checkWords } from "../../../format/check.js";
import { counted, formatCount } from "../../../format/count.js";
import { formatDuration } from "../../../format/duration.js";
import { Amount } from "../../../ui/amount.js";
import { LinkButton } from "../../../ui/button.js";
import { Copyable } from "../../../ui/copyable.js";
import type { Answer } from "../conversation/turns.js";
import { visibleText } from "../markdown/visible-text.js";
import { RibbonFigure } from "./ribbon-figure.js";
import styles from "./transcript.module.css";

const CHECK_EVERY_MS = 30_000;

/** The line under an answer, which unfolds to what it is made of. */
export function AnswerFactsLine({ answer }: { readonly answer: Answer }) {
  const { facts, model, isGuest } = answer;
  const { completionTokens, tokensPerSecond, firstTokenMs } = facts;
  const [isOpen, setIsOpen] = useState(false);
  return (
    <details className={styles["facts"]} onToggle={({ currentTarget }) => setIsOpen(currentTarget.open)}>
      <summary>
        <span className={styles["line"]}>
          <span>{visibleText(model)}</span>
          <span>{completionTokens === null ? "tokens not known" : counted(completionTokens, "token")}</span>
          {tokensPerSecond === null ? null : <span>{formatCount(tokensPerSecond)}/s</span>}
          {firstTokenMs === null ? null : <span>first token {formatDuration(firstTokenMs)}</span>}
          <span>
            {facts.chargeMicro === null ? (
              "charge not known yet"
            ) : (
              <Amount micro={microOf(facts.chargeMicro)} />
            )}
            {isGuest ? ", paid by the operator" : null}
          </span>
        </span>
      </summary>
      <RibbonFigure answer={answer} />
      <Story answer={answer} isOpen={isOpen} />
    </details>
  );
}

function Story({
  answer: { facts, isGuest },
  isOpen,
}: {
  readonly answer: Answer;
  readonly isOpen: boolean;
}) {
  const { jobId, workers, privacy, resumes, timingMs, promptTokens, doneReason } = facts;
  const stages = ["queue", "claim", "prefill", "decode", "total"].filter((stage) => stage in timingMs);
  return (
    <dl className={styles["story"]}>
      {jobId === null ? null : (
        <Fact name="Job">
          <Copyable text={jobId} what="the job’s id" look="whole" />
        </Fact>
      )}
      <Fact name="Worker">
        {workers.length === 0 ? "not known" : workers.map(visibleText).join(", then ")}
        {workers.length > 0 ? " (other accounts know it by another name)" : ""}
      </Fact>
      <Fact name="Resumed">
        {resumes === 0
          ? "never: one worker wrote all of it"
          : `${counted(resumes, "time")}: another worker went on`}
      </Fact>
      <Fact name="Who could read it">{privacyWords(privacy)}</Fact>
      {promptTokens === null ? null : <Fact name="Prompt">{counted(promptTokens, "token")}</Fact>}
      {stages.length === 0 ? null : (
        <Fact name="Time">
          {stages
            .map((stage) => `${formatDuration(timingMs[stage] ?? 0)} ${STAGES[stage] ?? stage}`)
            .join(" · ")}
        </Fact>
      )}
      {doneReason === "length" ? <Fact name="End">cut off at the most tokens that it may have</Fact> : null}
      <Fact name="Check">{jobId !== null && isOpen ? <JobCheck jobId={jobId} /> : checkWords(null)}</Fact>
      {jobId === null ? null : (
        <Fact name="Receipt">
          {isGuest ? (
            "The account that paid can ask for it: the operator’s."
          ) : (
            <>
              <Copyable text={`flock verify receipt ${jobId}`} what="the command" look="block" />
              <span className={styles["hint"]}>
                The worker signed what it answered; a receipt can be had for a day.
              </span>
            </>
          )}
        </Fact>
      )}
      {isGuest ? null : (
        <div>
          <LinkButton look="quiet" to="/usage">
            All that you were charged
          </LinkButton>
        </div>
      )}
    </dl>
  );
}

/** Of a job of whoever is signed in: nobody else may ask. It may be drawn minutes later, so it is asked for anew. */
function JobCheck({ jobId }: { readonly jobId: string }) {
  const { data } = useOwnAsked(["job", jobId], (flock, signal) => flock.jobs.get(jobId, { signal }), {
    every: CHECK_EVERY_MS,
  });
  return checkWords(data?.check ?? null);
}

const STAGES: Readonly<Record<string, string>> = {
  queue: "in the queue",
  claim: "claiming",
  prefill: "reading the prompt",
  decode: "writing",
  total: "in all",
};

function privacyWords(privacy: string | null): string {
  switch (privacy) {
    case "sealed-to-worker":
      return "the api and the worker, nobody in between";
    case "plaintext":
      return "the api, the worker, and whoever carries the mesh’s messages";
    default:
      return "not known; at least the api and the worker";
  }
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

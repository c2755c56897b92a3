import {
  type Answer,
  type AnswerFacts,
  type AnswerState,
  NO_FACTS,
  type Refusal,
} from "../conversation/turns.js";
import { ANSWER_LENGTH_MAX, type AnswerLine, type Ending, type Story } from "./answer-lines.js";
import { withPiece } from "./ribbon.js";

const NS_PER_S = 1_000_000_000;

/** An answer while it comes in. It knows no network and no screen; `now` is in milliseconds of any clock. */
export class AnswerDraft {
  #answer: Answer;
  readonly #beganAt: number;
  #thinkingSince: number | null = null;

  constructor(answer: Answer, now: number) {
    this.#answer = answer;
    this.#beganAt = now;
  }

  get answer(): Answer {
    return this.#answer;
  }

  /** A worker has it: the head of the response has come. */
  found(story: Story): void {
    this.#change({ state: "found", facts: withStory(this.#answer.facts, story) });
  }

  /** @returns Whether the answer has ended. */
  add(line: AnswerLine, now: number): boolean {
    switch (line.kind) {
      case "piece":
        this.#addPiece(line.text, line.thinking, now);
        return false;
      case "end":
        this.#addPiece(line.text, "", now);
        this.#change({ facts: withEnding(this.#answer.facts, line.ending) });
        this.end("done", null, now);
        return true;
      case "error":
        this.#change({ facts: withStory(this.#answer.facts, line.story) });
        this.end("broke off", brokeOff(line.message), now);
        return true;
    }
  }

  end(state: AnswerState, refusal: Refusal | null, now: number): void {
    const thinkingMs = this.#answer.thinkingMs ?? this.#thought(now);
    this.#change({ state, refusal, thinkingMs });
  }

  #addPiece(text: string, thinking: string, now: number): void {
    if (text === "" && thinking === "") return;
    const { facts, ribbon } = this.#answer;
    if (this.#answer.text.length + this.#answer.thinking.length > ANSWER_LENGTH_MAX)
      throw new Error("the answer is longer than this page takes");
    if (thinking !== "") this.#thinkingSince ??= now;
    const after = now - this.#beganAt;
    this.#change({
      state: "writing",
      text: this.#answer.text + text,
      thinking: this.#answer.thinking + thinking,
      thinkingMs: this.#answer.thinkingMs ?? (text === "" ? null : this.#thought(now)),
      ribbon: withPiece(ribbon, after),
      facts: { ...facts, firstTokenMs: facts.firstTokenMs ?? after },
    });
  }

  #thought(now: number): number | null {
    return this.#thinkingSince === null ? null : now - this.#thinkingSince;
  }

  #change(changes: Partial<Answer>): void {
    this.#answer = { ...this.#answer, ...changes };
  }
}

export function freshAnswer(about: Pick<Answer, "id" | "parent" | "model" | "options" | "isGuest">): Answer {
  return {
    ...about,
    kind: "answer",
    at: Date.now(),
    text: "",
    thinking: "",
    thinkingMs: null,
    state: "waiting",
    facts: NO_FACTS,
    ribbon: [],
    refusal: null,
  };
}

export function brokeOff(message: string): Refusal {
  return { status: 0, code: "broke_off", message, retryAt: null, requestId: null };
}

function withStory(facts: AnswerFacts, story: Story): AnswerFacts {
  return {
    ...facts,
    jobId: story.jobId ?? facts.jobId,
    workers: story.workers.length === 0 ? facts.workers : story.workers,
    privacy: story.privacy ?? facts.privacy,
    resumes: story.resumes ?? facts.resumes,
    chargeMicro: story.chargeMicro ?? facts.chargeMicro,
    timingMs: { ...facts.timingMs, ...story.timingMs },
  };
}

function withEnding(facts: AnswerFacts, ending: Ending): AnswerFacts {
  const { completionTokens, evalDurationNs } = ending;
  const isMeasured = completionTokens !== null && evalDurationNs !== null && evalDurationNs > 0;
  return {
    ...withStory(facts, ending.story),
    doneReason: ending.doneReason,
    promptTokens: ending.promptTokens,
    completionTokens,
    tokensPerSecond: isMeasured ? completionTokens / (evalDurationNs / NS_PER_S) : null,
  };
}

/**
 * A conversation is a tree. A question that is edited, and an answer that is asked for again, get a sibling; nothing is
 * overwritten. What is shown is the way from the root to the conversation's head.
 */

export interface ChatImage {
  readonly name: string;
  /** Base64, as the api takes it. */
  readonly data: string;
  readonly type: "image/png" | "image/jpeg" | "image/webp";
}

export interface Question {
  readonly kind: "question";
  readonly id: string;
  /** The answer before it; `null`: it begins the conversation. */
  readonly parent: string | null;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly text: string;
  readonly images: readonly ChatImage[];
}

/** What a request wants beside the model and the messages; what is not set is the model's own. */
export interface AnswerOptions {
  readonly temperature?: number;
  readonly top_p?: number;
  readonly top_k?: number;
  readonly seed?: number;
  readonly num_predict?: number;
  readonly stop?: readonly string[];
  readonly system?: string;
  /** `json`, or a JSON schema as text. */
  readonly format?: string;
  readonly think?: boolean;
}

/** The story of the job, as the last line of the answer told it; see "Every answer tells its story" in docs/api.md. */
export interface AnswerFacts {
  readonly jobId: string | null;
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
  /** While writing, by the engine's own clock. */
  readonly tokensPerSecond: number | null;
  /** As seen by this page. */
  readonly firstTokenMs: number | null;
  readonly doneReason: string | null;
  /** What the ledger is told to charge, as text; `null`: not known. */
  readonly chargeMicro: string | null;
  readonly workers: readonly string[];
  readonly privacy: string | null;
  readonly resumes: number;
  /** By stage, in milliseconds. */
  readonly timingMs: Readonly<Record<string, number>>;
}

/** Why there is no answer, or no more of it. */
export interface Refusal {
  /** 0: the api was not reached, or the answer broke off. */
  readonly status: number;
  readonly code: string;
  readonly message: string;
  /** Milliseconds since 1970 from which on it may be tried again. */
  readonly retryAt: number | null;
  readonly requestId: string | null;
}

export type AnswerState = "waiting" | "found" | "writing" | "done" | "stopped" | "broke off" | "refused";

export interface Answer {
  readonly kind: "answer";
  readonly id: string;
  readonly parent: string;
  readonly at: number;
  readonly model: string;
  readonly options: AnswerOptions;
  readonly text: string;
  readonly thinking: string;
  /** How long it thought; `null`: it did not, or still does. */
  readonly thinkingMs: number | null;
  readonly state: AnswerState;
  readonly facts: AnswerFacts;
  /** Pieces of text in each tenth of a second since it was asked for. */
  readonly ribbon: readonly number[];
  readonly refusal: Refusal | null;
  /** The operator of the network pays for it. */
  readonly isGuest: boolean;
}

export type Turn = Question | Answer;

export const NO_FACTS: AnswerFacts = {
  jobId: null,
  promptTokens: null,
  completionTokens: null,
  tokensPerSecond: null,
  firstTokenMs: null,
  doneReason: null,
  chargeMicro: null,
  workers: [],
  privacy: null,
  resumes: 0,
  timingMs: {},
};

export function isUnderWay({ state }: Answer): boolean {
  return state === "waiting" || state === "found" || state === "writing";
}

/** From the root to `head`; what is not there any more, or goes round in a circle, ends it. */
export function pathTo(turns: readonly Turn[], head: string | null): readonly Turn[] {
  const byId = new Map(turns.map((turn) => [turn.id, turn]));
  const path: Turn[] = [];
  let id = head;
  while (id !== null) {
    const turn = byId.get(id);
    if (turn === undefined) break;
    byId.delete(id);
    path.unshift(turn);
    id = turn.parent;
  }
  return path;
}

/** The versions of a turn, oldest first, itself among them. */
export function versionsOf(turns: readonly Turn[], { parent, kind }: Turn): readonly Turn[] {
  return turns.filter((turn) => turn.parent === parent && turn.kind === kind);
}

/** Where the conversation goes on from a turn: to the newest end of what follows it. */
export function newestEnd(turns: readonly Turn[], id: string): string {
  let end = id;
  const left = new Set(turns);
  for (;;) {
    const next = [...left].findLast((turn) => turn.parent === end);
    if (next === undefined) return end;
    left.delete(next);
    end = next.id;
  }
}

/** What the whole conversation has cost its user, all branches: the sum of what is known, and how much of it is not. */
export function costOf(turns: readonly Turn[]): { readonly micro: bigint; readonly unknown: number } {
  let micro = 0n;
  let unknown = 0;
  for (const turn of turns) {
    if (turn.kind !== "answer" || turn.isGuest) continue;
    if (turn.state === "refused" || isUnderWay(turn)) continue;
    if (turn.facts.chargeMicro === null) unknown += 1;
    else micro += BigInt(turn.facts.chargeMicro);
  }
  return { micro, unknown };
}

const TITLE_LENGTH = 40;

/** The beginning of what was asked first: a title that no paid request makes. */
export function titleOf(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  if (line === "") return "Image";
  return line.length <= TITLE_LENGTH ? line : `${line.slice(0, TITLE_LENGTH - 1).trimEnd()}…`;
}

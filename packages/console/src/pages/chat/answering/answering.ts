import { ApiError } from "../../../data/api-error.js";
import { currentChatKey, forgetKey } from "../../../data/chat-key.js";
import { respond } from "../../../data/client.js";
import { beginStreaming } from "../../../data/streaming.js";
import { chatOf, putTurns, reload, whenStored } from "../conversation/chat-store.js";
import { type Answer, isUnderWay, pathTo, type Refusal } from "../conversation/turns.js";
import { AnswerDraft, brokeOff } from "./answer-draft.js";
import { linesOf, parseAnswerLine, storyOfHeaders } from "./answer-lines.js";
import { settleCharge } from "./late-charge.js";
import { messagesOf, requestBody } from "./request-body.js";

/* Answers that are being written into this tab. They go on while other pages of the console are looked at. */

interface Running {
  readonly abort: AbortController;
  /** Settles when its last state is stored. */
  readonly ended: Promise<void>;
}

const running = new Map<string, Running>();
const stops = new BroadcastChannel("flock.stops");
stops.onmessage = ({ data }: MessageEvent<unknown>) => {
  if (typeof data === "string") running.get(data)?.abort.abort();
};
/** Frames do not come in a tab that is hidden. */
const HIDDEN_PAINT_MS = 250;

/**
 * Has the answer written, which is a turn of the chat already. Every outcome becomes a state of that turn.
 * @param token Of a key; none: the session's, or a guest's.
 */
export function writeAnswer(chatId: string, asked: Answer, token: string | undefined): void {
  const abort = new AbortController();
  const ended = write(chatId, asked, token, abort.signal).finally(() => running.delete(asked.id));
  running.set(asked.id, { abort, ended });
}

async function write(
  chatId: string,
  asked: Answer,
  token: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const endStreaming = beginStreaming();
  const draft = new AnswerDraft(asked, performance.now());
  const painter = new Painter(() => putTurns(chatId, [draft.answer]));
  await whileHeld(asked.id, async () => {
    try {
      await stream(chatId, draft, painter, signal, token);
    } catch (error) {
      endBadly(draft, error, signal, token);
    }
    painter.now();
    // Whoever waits for the lock reads what is stored.
    await whenStored();
  });
  endStreaming();
  void settleCharge(chatId, draft.answer, token);
}

/** Stops an answer, whichever tab writes it. Settles when one of this tab has ended. */
export async function stopAnswer(id: string): Promise<void> {
  const here = running.get(id);
  here?.abort.abort();
  stops.postMessage(id);
  await here?.ended;
}

/** Stops whatever is being written in the chat. */
export function stopChat(chatId: string): void {
  for (const turn of chatOf(chatId)?.turns ?? [])
    if (turn.kind === "answer" && isUnderWay(turn)) void stopAnswer(turn.id);
}

/**
 * An answer that no tab writes any more, because the one that did was closed, has broken off. One that another tab
 * writes is waited for.
 */
export async function markAbandoned(chatId: string): Promise<void> {
  for (const turn of chatOf(chatId)?.turns ?? []) {
    if (turn.kind !== "answer" || !isUnderWay(turn) || running.has(turn.id)) continue;
    await whileHeld(turn.id, async () => {
      await reload(chatId);
      const now = chatOf(chatId)?.turns.find(({ id }) => id === turn.id);
      if (now?.kind !== "answer" || !isUnderWay(now)) return;
      const refusal = brokeOff("the page was closed or loaded anew while the answer was being written");
      putTurns(chatId, [{ ...now, state: "broke off", refusal }]);
    });
  }
}

async function stream(
  chatId: string,
  draft: AnswerDraft,
  painter: Painter,
  signal: AbortSignal,
  token: string | undefined,
): Promise<void> {
  const { answer } = draft;
  const messages = messagesOf(pathTo(chatOf(chatId)?.turns ?? [], answer.parent), answer.options);
  const response = await respond("/api/chat", {
    method: "POST",
    body: requestBody(answer, messages),
    signal,
    ...(token === undefined ? {} : { token }),
  });
  draft.found(storyOfHeaders(response.headers));
  painter.soon();
  if (response.body === null) throw new Error("the answer has no body");
  for await (const text of linesOf(response.body)) {
    const line = parseAnswerLine(text);
    if (line !== null && draft.add(line, performance.now())) return;
    painter.soon();
  }
  throw new Error("the connection ended before the answer did");
}

function endBadly(draft: AnswerDraft, error: unknown, signal: AbortSignal, token: string | undefined): void {
  const now = performance.now();
  if (signal.aborted) draft.end("stopped", null, now);
  else if (error instanceof ApiError) {
    if (error.status === 401 && token !== undefined && currentChatKey()?.token === token) forgetKey();
    draft.end("refused", refusalOf(error), now);
  } else draft.end("broke off", brokeOff(error instanceof Error ? error.message : "unknown"), now);
}

function refusalOf({ status, code, message, retryAfterMs, requestId }: ApiError): Refusal {
  const retryAt = retryAfterMs === null ? null : Date.now() + retryAfterMs;
  return { status, code, message, retryAt, requestId };
}

/** Holds the answer's lock, by which other tabs see that somebody is at it. On plain http there are no locks. */
async function whileHeld(answerId: string, work: () => Promise<void>): Promise<void> {
  if ("locks" in navigator) await navigator.locks.request(`flock.answer.${answerId}`, work);
  else await work();
}

/** At most once for each frame. */
class Painter {
  readonly #paint: () => void;
  #frame: number | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(paint: () => void) {
    this.#paint = paint;
  }

  soon(): void {
    if (this.#frame !== undefined) return;
    this.#frame = requestAnimationFrame(() => this.now());
    this.#timer = setTimeout(() => this.now(), HIDDEN_PAINT_MS);
  }

  now(): void {
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame);
    clearTimeout(this.#timer);
    this.#frame = undefined;
    this.#paint();
  }
}

/** What a real Ollama calls itself here. Which worker's engine it was is told to nobody. */
const FINGERPRINT = "fp_ollama";

/** What is the same in every object of an answer. */
export interface AnswerHead {
  /** Of the answer: with its kind before it, the id that the job and the log have. */
  readonly id: string;
  readonly createdUnixS: number;
  /** As the client wrote it. */
  readonly model: string;
}

export function answerHead(kind: "chatcmpl" | "cmpl", requestId: string, model: string): AnswerHead {
  return { id: `${kind}-${requestId}`, createdUnixS: Math.floor(Date.now() / 1_000), model };
}

/** JSON of the members that begin an object, without braces: an object of this kind is made for every token. */
export function beginningOf({ id, createdUnixS }: AnswerHead, object: string): string {
  return `"id":${JSON.stringify(id)},"object":"${object}","created":${createdUnixS}`;
}

/** JSON of the members that say what answered, without braces. */
export function sourceOf({ model }: AnswerHead): string {
  return `"model":${JSON.stringify(model)},"system_fingerprint":"${FINGERPRINT}"`;
}

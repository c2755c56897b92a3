/** What runs a request: the model that it names, or one that it falls back on. A part of its context. */
export class ModelRun {
  #jobId: string;
  #askedName = "";
  #model = "";
  #onAnswer: ((model: string) => void) | undefined;
  #isAnswering = false;

  /** @param requestId The id of the first job that the request becomes. */
  constructor(requestId: string) {
    this.#jobId = requestId;
  }

  /** Of the job that the request is, or was last. */
  get jobId(): string {
    return this.#jobId;
  }

  /** The model by the name that the client has for it. */
  get askedName(): string {
    return this.#askedName;
  }

  /** The request becomes a job for a model. `model`: its name in the catalogue. */
  begin(jobId: string, askedName: string, model: string): void {
    this.#jobId = jobId;
    this.#askedName = askedName;
    this.#model = model;
  }

  /** The model's answer begins: no other will be tried. */
  answers(): void {
    if (this.#isAnswering) return;
    this.#isAnswering = true;
    this.#onAnswer?.(this.#model);
  }

  /** Calls back before anything of an answer is told. */
  whenAnswering(callback: (model: string) => void): void {
    this.#onAnswer = callback;
  }
}

import { writeFile } from "node:fs/promises";
import { type MicroLlama, microLlama } from "@flock/money";
import { costText } from "./answer.js";
import type { Message } from "./ollama-stream.js";

/** For people: how many answers there were, and what they cost. */
export function costSoFar({ answers, cost }: Pick<Conversation, "answers" | "cost">): string {
  return `${answers} ${answers === 1 ? "answer" : "answers"}, ${costText(cost)}`;
}

/** What was said until now, in memory alone unless a file is named. */
export class Conversation {
  model: string;
  answers = 0;
  cost: MicroLlama = microLlama(0n);
  #file: string | undefined;
  #system: string | undefined;
  #messages: Message[] = [];

  constructor(model: string, system: string | undefined) {
    this.model = model;
    this.#system = system;
  }

  get messages(): readonly Message[] {
    const system: Message[] = this.#system === undefined ? [] : [{ role: "system", content: this.#system }];
    return [...system, ...this.#messages];
  }

  /** Of all that is said from now on. */
  instruct(system: string | undefined): void {
    this.#system = system;
  }

  ask(question: string): void {
    // A question without an answer is asked anew with the next one, and not twice.
    if (this.#messages.at(-1)?.role === "user") this.#messages.pop();
    this.#messages.push({ role: "user", content: question });
  }

  answered(text: string, charge: MicroLlama | undefined): void {
    this.#messages.push({ role: "assistant", content: text });
    this.answers += 1;
    if (charge !== undefined) this.cost = microLlama(this.cost + charge);
  }

  /** What came of an answer before it ended. */
  brokeOff(text: string): void {
    if (text !== "") this.#messages.push({ role: "assistant", content: text });
  }

  /** Takes the last answer back. @returns the question; undefined if there is none */
  again(): string | undefined {
    if (this.#messages.at(-1)?.role === "assistant") this.#messages.pop();
    return this.#messages.at(-1)?.content;
  }

  forget(): void {
    this.#messages = [];
  }

  /** Keeps it in a new file from now on, for its owner's eyes. Somebody else's file is left as it is. */
  async keepIn(file: string): Promise<void> {
    await this.#write(file, "wx");
    this.#file = file;
  }

  /** What was said since, if it is kept. */
  async save(): Promise<void> {
    if (this.#file !== undefined) await this.#write(this.#file, "w");
  }

  async #write(file: string, flag: "w" | "wx"): Promise<void> {
    const text = JSON.stringify({ model: this.model, messages: this.messages }, undefined, 2);
    await writeFile(file, `${text}\n`, { mode: 0o600, flag });
  }
}

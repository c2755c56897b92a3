import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import {
  type Access,
  CAPITAL_SCHEMA,
  type Failure,
  type Library,
  type Manner,
  type Question,
  type Said,
  type ToldFault,
  type ToolCall,
  WEATHER_TOOL,
} from "./library.js";
import { PYTHON_FOLDER } from "./python-packages.js";

type Reply = { readonly value: unknown } | { readonly thrown: Failure & { readonly status: number | null } };

/** What a library has thrown in Python. */
class ThrownThere extends Error {
  constructor(readonly failure: Failure) {
    super(failure.message);
  }
}

/** A library of Python, in a process of its own; `python/library.py` is the other side. */
export class PythonLibrary implements Library {
  readonly name: string;
  readonly faults: Library["faults"];
  readonly embed?: NonNullable<Library["embed"]>;
  readonly #python: string;
  readonly #module: string;
  #process: ChildProcessWithoutNullStreams | undefined;
  #replies: AsyncIterator<string> | undefined;

  constructor(python: string, { name, module, faults, hasEmbeddings }: PythonUse) {
    this.#python = python;
    this.#module = module;
    this.name = `${name}, in Python`;
    this.faults = faults;
    if (hasEmbeddings)
      // CAST: as `python/library.py` answers.
      this.embed = (access, model, inputs) =>
        this.#do("embed", { access, model, inputs }) as Promise<number[][]>;
  }

  // CAST, here and below: as `python/library.py` answers.
  ask(access: Access, question: Question, manner: Manner): Promise<Said> {
    return this.#do("ask", { access, question, manner }) as Promise<Said>;
  }

  callTool(access: Access, question: Question, manner: Manner): Promise<readonly ToolCall[]> {
    return this.#do("call_tool", { access, question, manner, tool: WEATHER_TOOL }) as Promise<ToolCall[]>;
  }

  fit(access: Access, question: Question): Promise<unknown> {
    return this.#do("fit", { access, question, schema: CAPITAL_SCHEMA });
  }

  async leave(access: Access, question: Question): Promise<void> {
    await this.#do("leave", { access, question });
  }

  failureOf(thrown: unknown): Failure {
    if (!(thrown instanceof ThrownThere)) throw thrown;
    return thrown.failure;
  }

  async stop(): Promise<void> {
    const running = this.#process;
    if (running === undefined || running.exitCode !== null) return;
    const ended = new Promise((resolve) => running.once("exit", resolve));
    running.stdin.end();
    await ended;
  }

  async #do(what: string, given: object): Promise<unknown> {
    this.#replies ??= await this.#start();
    this.#process?.stdin.write(`${JSON.stringify({ do: what, ...given })}\n`);
    const reply = await this.#reply(this.#replies);
    if ("value" in reply) return reply.value;
    const { status, ...failure } = reply.thrown;
    throw new ThrownThere({ ...failure, status: status ?? undefined });
  }

  async #start(): Promise<AsyncIterator<string>> {
    const started = spawn(this.#python, [join(PYTHON_FOLDER, "library.py"), this.#module], {
      // None of the variables by which these libraries would be told another address or key, or a proxy.
      env: {
        PATH: process.env["PATH"],
        NO_PROXY: "*",
        PYTHONDONTWRITEBYTECODE: "1",
        PYTHONIOENCODING: "utf-8",
      },
    });
    started.stderr.pipe(process.stderr);
    this.#process = started;
    const replies = createInterface({ input: started.stdout })[Symbol.asyncIterator]();
    await this.#reply(replies);
    return replies;
  }

  async #reply(replies: AsyncIterator<string>): Promise<Reply> {
    const { done, value } = await replies.next();
    if (done === true) throw new Error(`the process of ${this.name} has ended`);
    return JSON.parse(value);
  }
}

interface PythonUse {
  readonly name: string;
  /** `python/use_<module>.py`. */
  readonly module: string;
  readonly faults: Library["faults"];
  readonly hasEmbeddings: boolean;
}

const TOLD: ToldFault = { kind: "ResponseError" };
const STATUS_FAULTS = {
  400: { kind: "BadRequestError" },
  401: { kind: "AuthenticationError" },
  402: { kind: "APIStatusError" },
  404: { kind: "NotFoundError" },
  429: { kind: "RateLimitError" },
  503: { kind: "InternalServerError" },
  middle: { kind: "APIError", hasStatus: false },
} satisfies Library["faults"];

/** The libraries from PyPI, for {@link PythonLibrary}. */
export const PYTHON_USES: readonly PythonUse[] = [
  {
    name: "ollama",
    module: "ollama",
    faults: { 400: TOLD, 401: TOLD, 402: TOLD, 404: TOLD, 429: TOLD, 503: TOLD, middle: TOLD },
    hasEmbeddings: true,
  },
  { name: "openai (chat completions)", module: "openai", faults: STATUS_FAULTS, hasEmbeddings: true },
  { name: "openai (responses)", module: "openai_responses", faults: STATUS_FAULTS, hasEmbeddings: false },
  {
    name: "anthropic",
    module: "anthropic",
    faults: {
      ...STATUS_FAULTS,
      402: { kind: "PaymentRequiredError" },
      503: { kind: "ServiceUnavailableError" },
      middle: { kind: "APIStatusError" },
    },
    hasEmbeddings: false,
  },
];

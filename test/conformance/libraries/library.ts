/** Where a library is pointed at, and with which key. */
export interface Access {
  /** Without `/v1`: each library is given what its own documents ask for. */
  readonly baseUrl: string;
  readonly apiKey: string;
}

export interface Question {
  readonly model: string;
  readonly prompt: string;
  readonly tokensMax: number;
}

export type Manner = "whole" | "streamed";

/** What a library made of an answer. */
export interface Said {
  readonly text: string;
  /** In how many pieces with text it came; 1 when it was not streamed. */
  readonly pieces: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
}

export interface ToolCall {
  readonly name: string;
  readonly arguments: unknown;
}

/** What a library threw, as a program sees it. */
export interface Failure {
  /** The name of its class. */
  readonly kind: string;
  /** The status that it tells; undefined if it tells none. */
  readonly status: number | undefined;
  readonly message: string;
}

/** Statuses that a program must be able to tell apart, and an answer that fails after it has begun. */
export type Fault = 400 | 401 | 402 | 404 | 429 | 503 | "middle";

/** How a library tells one fault. */
export interface ToldFault {
  readonly kind: string;
  /** False: the library keeps the status to itself. Default: it tells it. */
  readonly hasStatus?: boolean;
  /** False: the library keeps the network's words to itself. Default: they are in its message. */
  readonly hasWords?: boolean;
}

/**
 * What a program may want of a client library, with the same names for all. Each implementation uses its library as
 * the library's own documents do, without retries: a test wants to see the first answer.
 */
export interface Library {
  /** The package; what is behind it in brackets is how it is used. */
  readonly name: string;
  readonly faults: Readonly<Record<Fault, ToldFault>>;
  ask(access: Access, question: Question, manner: Manner): Promise<Said>;
  /** Offers {@link WEATHER_TOOL}; resolves with the calls that the model made. */
  callTool(access: Access, question: Question, manner: Manner): Promise<readonly ToolCall[]>;
  /** Asks for an answer that fits {@link CAPITAL_SCHEMA}; resolves with the object. */
  fit(access: Access, question: Question): Promise<unknown>;
  /** Undefined: its API has no embeddings. */
  readonly embed?: (
    access: Access,
    model: string,
    inputs: string[],
  ) => Promise<readonly (readonly number[])[]>;
  /** Begins a stream and aborts it at the first piece with text. */
  leave(access: Access, question: Question): Promise<void>;
  failureOf(thrown: unknown): Failure;
}

export const WEATHER_TOOL = {
  name: "get_weather",
  description: "The weather in a city",
  parameters: {
    type: "object" as const,
    properties: { city: { type: "string" as const } },
    required: ["city"],
    additionalProperties: false,
  },
};

export const CAPITAL_SCHEMA = {
  type: "object" as const,
  properties: { capital: { type: "string" as const, enum: ["Lima", "Quito"] } },
  required: ["capital"],
  additionalProperties: false,
};

/** Puts a stream's answer together. */
export class Heard {
  #text = "";
  #pieces = 0;
  #promptTokens = 0;
  #completionTokens = 0;

  piece(text: string | null | undefined): void {
    if (text === null || text === undefined || text === "") return;
    this.#text += text;
    this.#pieces += 1;
  }

  usage(promptTokens: number | undefined, completionTokens: number | undefined): void {
    this.#promptTokens = promptTokens ?? this.#promptTokens;
    this.#completionTokens = completionTokens ?? this.#completionTokens;
  }

  get said(): Said {
    return {
      text: this.#text,
      pieces: this.#pieces,
      promptTokens: this.#promptTokens,
      completionTokens: this.#completionTokens,
    };
  }
}

/** The answer of a request that was not streamed. */
export function saidWhole(text: string, promptTokens = 0, completionTokens = 0): Said {
  return { text, pieces: 1, promptTokens, completionTokens };
}

/** What is told by an error whose class has its status in `member`. */
export function failureWith(member: "status" | "status_code" | "statusCode", thrown: unknown): Failure {
  // CAST: whatever was thrown; each member may be missing.
  const error = thrown as Partial<Error> & { [name in typeof member]?: unknown };
  const status = error[member];
  return {
    kind: error.constructor.name,
    status: typeof status === "number" ? status : undefined,
    message: error.message ?? "",
  };
}

/** True of what a library throws because it was told to stop. */
export function isAbort(thrown: unknown): boolean {
  // Not by instanceof: an abort of Node's own is of no class that a test file has.
  return /abort/i.test(String(thrown));
}

/** Runs a stream that ends with its own abort; anything else that it throws goes on. */
export async function untilAborted(read: () => Promise<void>): Promise<void> {
  await read().catch((thrown: unknown) => {
    if (!isAbort(thrown)) throw thrown;
  });
}

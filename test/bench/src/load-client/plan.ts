/** Where requests go. */
export interface Target {
  /** `http://host:port` of an Ollama API. */
  readonly origin: string;
  /** Sent as bearer; absent: none. */
  readonly apiKey?: string;
}

/** What every answer is checked for, next to status 200 and a last line with `done: true`. */
export interface Expected {
  readonly stream: boolean;
  /** Exact number of completion tokens; absent: at least one. */
  readonly tokens?: number;
  /** Each token must come as a line of its own. Default false. */
  readonly linePerToken?: boolean;
  /** Keep each answer's text (in `Outcome.texts`, by body), so that it can be compared. Costs parsing every line. */
  readonly keepText?: boolean;
}

/** Some clients, each sending its next request when the last one is answered. */
export interface ClosedLoopPlan {
  readonly kind: "closed-loop";
  readonly target: Target;
  readonly clients: number;
  readonly requests: number;
  /** Bodies for `/api/generate`, taken in turn. */
  readonly bodies: readonly string[];
  readonly expected: Expected;
  /** Clients begin spread over this time. Default 0. */
  readonly rampMs?: number;
  /** A plan that is not done by then has failed. */
  readonly timeoutMs: number;
}

/** One client that asks the first target and the second in turn, each pair with the same body. */
export interface AlternatingPlan {
  readonly kind: "alternating";
  readonly targets: readonly [Target, Target];
  readonly pairs: number;
  readonly bodies: readonly string[];
  readonly expected: Expected;
  readonly timeoutMs: number;
}

/** How an answer is worded. */
export type AnswerKind = "ollama" | "openai" | "responses" | "anthropic";

/** One of several ways to ask for the same. */
export interface Variant {
  readonly protocol: "http" | "grpc";
  /** `http://host:port`. */
  readonly origin: string;
  readonly path: string;
  /** Over gRPC: the framed message, base64. */
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Over gRPC it does not matter. */
  readonly answer: AnswerKind;
}

/** Clients that ask all variants in turn: each client the same variant at the same time, `asks` times. */
export interface TurnsPlan {
  readonly kind: "turns";
  readonly variants: readonly Variant[];
  readonly clients: number;
  readonly turns: number;
  readonly asks: number;
  /** Exact number of completion tokens of every answer. */
  readonly tokens: number;
  readonly timeoutMs: number;
}

export type LoadPlan = ClosedLoopPlan | AlternatingPlan | TurnsPlan;

export interface ClosedLoopOutcome {
  readonly kind: "closed-loop";
  /** From the first request to the last answer. */
  readonly durationMs: number;
  readonly requests: number;
  /** Lines of streamed answers, the last ones (`done: true`) not counted: relayed chunks. */
  readonly chunks: number;
  /** Pieces in which those arrived: what TCP and HTTP made of them. */
  readonly reads: number;
  readonly completionTokens: number;
  readonly firstByteMs: readonly number[];
  readonly totalMs: readonly number[];
  /** Most answers that were under way (first byte there, last one not) at the same time. */
  readonly openMax: number;
  readonly texts: readonly (string | undefined)[];
}

export interface AlternatingOutcome {
  readonly kind: "alternating";
  /** By pair, first target and second. */
  readonly firstByteMs: readonly (readonly [number, number])[];
}

export interface TurnsOutcome {
  readonly kind: "turns";
  /** As in the plan. */
  readonly variants: readonly VariantOutcome[];
}

export interface VariantOutcome {
  readonly firstByteMs: readonly number[];
  readonly totalMs: readonly number[];
  /** Answers, while it was asked. */
  readonly perSecond: number;
}

export type LoadOutcome = ClosedLoopOutcome | AlternatingOutcome | TurnsOutcome;

/** What the client's process sends back. */
export type LoadReply =
  | { readonly kind: "outcome"; readonly outcome: LoadOutcome }
  | { readonly kind: "failed"; readonly message: string };

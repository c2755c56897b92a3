/** What the api answered instead, or that it did not answer. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  /** Of the flock dialect, such as `resource_exhausted`; `unreachable` if there was no answer. */
  readonly code: string;
  /** 0 if there was no answer. */
  readonly status: number;
  readonly requestId: string | null;
  readonly retryAfterMs: number | null;
  /** The other fields of the error, such as `needed_micro`. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    message: string,
    facts: {
      readonly code: string;
      readonly status: number;
      readonly requestId?: string | null;
      readonly retryAfterMs?: number | null;
      readonly details?: Readonly<Record<string, unknown>>;
      readonly cause?: unknown;
    },
  ) {
    super(message, { cause: facts.cause });
    this.code = facts.code;
    this.status = facts.status;
    this.requestId = facts.requestId ?? null;
    this.retryAfterMs = facts.retryAfterMs ?? null;
    this.details = facts.details ?? {};
  }

  /** Whether the same request may succeed a little later. */
  get isPassing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

export async function errorOf(response: Response): Promise<ApiError> {
  const { code, message, retry_after_ms, ...details } = await errorFields(response);
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  const waited = typeof retry_after_ms === "number" ? retry_after_ms : seconds * 1_000;
  return new ApiError(typeof message === "string" ? message : `the api answered ${response.status}`, {
    code: typeof code === "string" ? code : "unknown",
    status: response.status,
    requestId: response.headers.get("x-request-id"),
    retryAfterMs: Number.isFinite(waited) ? waited : null,
    details,
  });
}

/** The fields of `{"error": {…}}`, or of Ollama's `{"error": "…"}`; none if the body is something else. */
async function errorFields(response: Response): Promise<Record<string, unknown>> {
  try {
    const body: unknown = await response.json();
    const error = typeof body === "object" && body !== null && "error" in body ? body.error : undefined;
    if (typeof error === "string") return { message: error };
    return typeof error === "object" && error !== null ? { ...error } : {};
  } catch {
    // A proxy's page, or half an answer: the status is all there is to tell.
    return {};
  }
}

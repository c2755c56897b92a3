import { FlockAnswerError, FlockApiError, FlockConnectionError } from "@flockollamas/sdk";
import { ApiError } from "./api-error.js";

/** What the client library throws, as every panel knows it; anything else as it is. */
export function ofSdk(error: unknown): unknown {
  if (error instanceof FlockApiError)
    return new ApiError(error.message, {
      code: error.code,
      status: error.status,
      requestId: error.requestId ?? null,
      retryAfterMs: error.retryAfterMs ?? null,
      details: { ...error.details },
      cause: error,
    });
  if (error instanceof FlockConnectionError)
    return new ApiError(error.reason === "timeout" ? error.message : "this page cannot reach the api", {
      code: error.reason === "timeout" ? "deadline_exceeded" : "unreachable",
      status: 0,
      cause: error,
    });
  if (error instanceof FlockAnswerError)
    return new ApiError(`the answer is not as this page knows it: ${error.message}`, {
      code: "unknown",
      status: 200,
      requestId: error.requestId ?? null,
      cause: error,
    });
  return error;
}

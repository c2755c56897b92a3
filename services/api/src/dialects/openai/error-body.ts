import { ERROR_TABLE, type HttpError } from "../../http/error-table.js";
import type { PublicError } from "../../public-error.js";

/** An error as OpenAI's clients read it: all four members, always. */
export interface OpenAiError {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: null;
    readonly code: string | null;
  };
}

interface Kind {
  readonly type: string;
  readonly code: string | null;
}

const CLIENTS_FAULT: Kind = { type: "invalid_request_error", code: null };
const OUR_FAULT: Kind = { type: "api_error", code: null };

/** By status; others are {@link CLIENTS_FAULT} or {@link OUR_FAULT}. */
const KINDS: Readonly<Record<number, Kind>> = {
  401: { type: "invalid_request_error", code: "invalid_api_key" },
  402: { type: "insufficient_quota", code: "insufficient_quota" },
  403: { type: "permission_error", code: null },
  404: { type: "not_found_error", code: "model_not_found" },
  413: { type: "invalid_request_error", code: "request_too_large" },
  429: { type: "rate_limit_error", code: "rate_limit_exceeded" },
  503: { type: "api_error", code: "overloaded" },
};

/** The body of an error that has its own status. */
export function errorBody({ status, code, message }: HttpError): OpenAiError {
  const kind = KINDS[status] ?? (status >= 500 ? OUR_FAULT : CLIENTS_FAULT);
  // Of a path that there is not, HTTP alone knows, and it says nothing of models.
  const isPath = status === 404 && code === undefined;
  return { error: { message, type: kind.type, param: null, code: isPath ? null : kind.code } };
}

/** An error in the middle of a stream, whose status has long been 200: the body that it would have had. */
export function streamErrorBody(error: PublicError): OpenAiError {
  return errorBody({ status: ERROR_TABLE[error.code], ...error });
}

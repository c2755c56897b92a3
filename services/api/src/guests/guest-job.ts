import { FlockError } from "@flock/errors";
import type { JobHandle, JobSink } from "@flock/jobs";
import type { GuestVisit } from "../identity.js";

const HINT =
  "you show no API key and are served as a guest; with a key of your own you have limits of your own: sign in with a " +
  "wallet (POST /flock/v1/sign-in) and make one (POST /flock/v1/keys)";

/** Runs a request of a guest, within what guests of one address may have; its refusals say what he can do. */
export function submitAsGuest(
  visit: GuestVisit,
  sink: JobSink,
  submit: (sink: JobSink) => JobHandle,
): JobHandle {
  let end = (): void => {};
  try {
    end = visit.begin();
    return submit({
      onChunk: (chunk) => sink.onChunk(chunk),
      onEnd: (result) => {
        end();
        sink.onEnd(result.error === undefined ? result : { ...result, error: toldToGuest(result.error) });
      },
      onClosed: (result) => sink.onClosed?.(result),
    });
  } catch (thrown) {
    end();
    throw toldToGuest(FlockError.from(thrown));
  }
}

/** How much the account has that pays for guests is none of their business. */
function toldToGuest(error: FlockError): FlockError {
  switch (error.code) {
    case "insufficient_funds":
      return new FlockError(error.code, `what guests may spend is used up for now; ${HINT}`, {
        cause: error,
      });
    case "resource_exhausted":
    case "permission_denied":
      return new FlockError(error.code, `${error.message}; ${HINT}`, { retry: error.retry, cause: error });
    default:
      return error;
  }
}

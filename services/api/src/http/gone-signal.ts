import { FlockError } from "@flock/errors";
import type { FastifyReply } from "fastify";

const GONE = new FlockError("cancelled", "the client went away");

/** Aborted when the connection closes before the answer is written: the client went away, or was cut off. */
export function goneSignalOf({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController();
  const onClose = (): void => {
    if (!raw.writableFinished) gone.abort(GONE);
  };
  if (raw.destroyed) onClose();
  else raw.once("close", onClose);
  return gone.signal;
}

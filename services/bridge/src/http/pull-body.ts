import type { IncomingMessage } from "node:http";
import { FlockError } from "@flock/errors";
import { z } from "zod";
import { GatheredBytes } from "../gathered-bytes.js";
import type { ListedModel } from "../offered-models.js";

const BODY_BYTES_MAX = 1024 * 1024;
const BODY_MS = 10_000;
const MODELS_MAX = 1_024;
const NAME_LENGTH_MAX = 512;

/** The name that a process gives itself: letters and digits. */
export const REFERENCE = /^[A-Za-z0-9_-]{1,64}$/;

const PULL = z.looseObject({
  models: z
    .array(
      z.looseObject({
        name: z.string().max(NAME_LENGTH_MAX),
        digest: z.string().max(NAME_LENGTH_MAX).optional(),
      }),
    )
    .max(MODELS_MAX),
  reference: z.string().regex(REFERENCE),
});

/** What a pull says. */
export interface PullBody {
  readonly models: readonly ListedModel[];
  readonly reference: string;
}

/**
 * Reads the body of a pull.
 * @throws FlockError `invalid_argument`, `payload_too_large`, `deadline_exceeded`, or `cancelled` if its worker goes
 */
export async function readPullBody(message: IncomingMessage): Promise<PullBody> {
  const bytes = await readAll(message);
  try {
    return PULL.parse(JSON.parse(bytes.toString()));
  } catch (cause) {
    throw new FlockError("invalid_argument", "a pull is JSON with models and reference", { cause });
  }
}

function readAll(message: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const body = new GatheredBytes();
    const settle = (finish: () => void): void => {
      clearTimeout(timer);
      message.off("data", onData).off("end", onEnd).off("close", onClose);
      finish();
    };
    const fail = (error: FlockError): void => settle(() => reject(error));
    const onData = (chunk: Buffer): void => {
      body.add(chunk);
      if (body.length > BODY_BYTES_MAX)
        fail(new FlockError("payload_too_large", `a pull has at most ${BODY_BYTES_MAX} bytes`));
    };
    const onEnd = (): void => settle(() => resolve(body.take()));
    const onClose = (): void => fail(new FlockError("cancelled", "the worker went while it sent its pull"));
    const onTime = (): void => fail(new FlockError("deadline_exceeded", "the pull took too long to arrive"));
    const timer = setTimeout(onTime, BODY_MS);
    message.on("data", onData).on("end", onEnd).on("close", onClose);
  });
}

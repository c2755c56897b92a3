import type { HttpStreaming } from "../http/stream-reply.js";

/** What every dialect of inference works with. */
export interface InferenceGateway extends HttpStreaming {
  readonly bodyBytesMax: number;
}

import type { BodyLimits } from "../http/json-body.js";
import type { HttpStreaming } from "../http/stream-reply.js";

/** What every dialect of inference works with. */
export type InferenceGateway = HttpStreaming & Required<BodyLimits>;

import { encode } from "@flock/proto";
import { ChatRequest, EmbedRequest, GenerateRequest } from "@flock/proto/public";
import fc from "fast-check";
import { framed, RawGrpc } from "../../../services/api/test/raw-grpc.js";
import { startTestGrpc } from "../../../services/api/test/start-test-grpc.js";
import { fuzzTarget } from "../fuzz-target.js";
import { withChanges } from "../generators/bytes.js";
import { mutatedText } from "../generators/text.js";
import { mutatedMessages } from "../generators/wire.js";
import { mustHold } from "../outcome.js";
import { CANARY } from "../rigs/canary.js";

const SERVICE = "/flock.public.v1.Inference";
const CALLS = {
  [`${SERVICE}/Chat`]: encode(
    ChatRequest,
    ChatRequest.fromPartial({ model: "able:7b", messages: [{ role: "user", content: `hi ${CANARY}` }] }),
  ),
  [`${SERVICE}/Generate`]: encode(
    GenerateRequest,
    GenerateRequest.fromPartial({ model: "able:7b", prompt: CANARY }),
  ),
  [`${SERVICE}/Embed`]: encode(EmbedRequest, EmbedRequest.fromPartial({ model: "able:7b", input: [CANARY] })),
  "/flock.public.v1.Models/ListModels": new Uint8Array(),
  "/grpc.health.v1.Health/Check": new Uint8Array(),
};
/** UNKNOWN, INTERNAL and DATA_LOSS are faults of ours; a client that breaks off gets none. */
const FAULTS = new Set([2, 13, 15]);
/** The library's own words for frames that are none. */
const LIBRARY_WORDS =
  /^(Error deserializing request|Request message serialization failure|Received RST_STREAM)/;

const calls = fc.constantFrom(...Object.entries(CALLS)).chain(([path, message]) =>
  fc.record({
    path: fc.oneof(
      { weight: 20, arbitrary: fc.constant(path) },
      { weight: 1, arbitrary: mutatedText([path]).map(encodedPath) },
    ),
    bytes: fc.oneof(
      { weight: 5, arbitrary: mutatedMessages([message]).map((bytes) => framed(bytes)) },
      { weight: 1, arbitrary: withChanges(fc.constant(framed(message))) },
    ),
    headers: fc.constantFrom<Record<string, string>>(
      {},
      { "grpc-timeout": "1S" },
      { "grpc-timeout": "99999999H" },
      { "grpc-encoding": "gzip" },
    ),
  }),
);

function encodedPath(path: string): string {
  return `/${encodeURIComponent(Buffer.from(path).toString()).replaceAll("%2F", "/")}`;
}

export const grpcCalls = fuzzTarget({
  name: "grpc-calls",
  about: "calls over HTTP/2 to the api's gRPC side, as frames",
  open: async () => {
    const api = await startTestGrpc();
    let raw = new RawGrpc(api.address, api.apiKey);
    return {
      inputs: calls,
      probe: async ({ path, bytes, headers }) => {
        if (raw.session.destroyed || raw.session.closed) raw = new RawGrpc(api.address, api.apiKey);
        api.requester.jobs.length = 0;
        api.logs.length = 0;
        const call = raw.call(path, headers);
        call.stream.end(bytes);
        const { status, message } = await call.ended;
        const isFault = status !== undefined && FAULTS.has(status) && !LIBRARY_WORDS.test(message);
        mustHold(!isFault, `status ${status}: ${message}\n${JSON.stringify(api.logs).slice(0, 3_000)}`);
        mustHold(!JSON.stringify(api.logs).includes(CANARY), "a prompt was logged");
        return status === 0;
      },
      close: async () => {
        raw.close();
        await api.stop();
      },
    };
  },
});

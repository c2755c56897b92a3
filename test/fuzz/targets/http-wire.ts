import fc from "fast-check";
import { startTestApi } from "../../../services/api/test/start-test-api.js";
import { fuzzTarget } from "../fuzz-target.js";
import { mutatedBytes } from "../generators/bytes.js";
import { mustHold } from "../outcome.js";
import { rawExchange } from "../rigs/raw-exchange.js";

const BODY = JSON.stringify({ model: "able:7b", prompt: "hi", stream: false });

function request(lines: readonly string[], body = ""): Buffer {
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n${body}`);
}

function seeds(key: string): Buffer[] {
  const head = ["Host: x", `Authorization: Bearer ${key}`];
  return [
    request(["GET /api/tags HTTP/1.1", ...head]),
    request(["GET /api/version HTTP/1.0"]),
    request(["POST /api/generate HTTP/1.1", ...head, `Content-Length: ${BODY.length}`], BODY),
    request(
      ["POST /v1/completions HTTP/1.1", ...head, "Transfer-Encoding: chunked"],
      `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`,
    ),
    request(
      ["POST /api/generate HTTP/1.1", ...head, "Content-Length: 5", "Transfer-Encoding: chunked"],
      "0\r\n\r\n",
    ),
    request(["OPTIONS /api/chat HTTP/1.1", ...head, "Origin: https://a.example", "Expect: 100-continue"]),
    request([
      "GET /api/tags HTTP/1.1",
      ...head,
      "Connection: upgrade",
      "Upgrade: h2c",
      "HTTP2-Settings: AAMAAABkAAQ",
    ]),
    Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
  ];
}

const ANSWER = /^HTTP\/1\.1 (\d{3}) /gm;

export const httpWire = fuzzTarget({
  name: "http-wire",
  about:
    "bytes on a connection to the api: heads, chunked bodies, requests one behind the other, none of them",
  open: async () => {
    const api = await startTestApi();
    const inputs = fc.array(mutatedBytes(seeds(api.apiKey)), { minLength: 1, maxLength: 3 });
    return {
      inputs,
      probe: async (pieces) => {
        api.requester.jobs.length = 0;
        const answer = await rawExchange(api.port, pieces);
        const statuses = [...answer.matchAll(ANSWER)].map(([, status]) => Number(status));
        mustHold(answer === "" || statuses.length > 0, `this is no HTTP: ${answer.slice(0, 500)}`);
        mustHold(!statuses.includes(500), "a fault of ours");
        return statuses.includes(200);
      },
      close: () => api.stop(),
    };
  },
});

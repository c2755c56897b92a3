import { generateIdentity } from "@flock/keys";
import type { CatalogueView } from "@flock/mesh";
import { createLogger, createMetrics } from "@flock/observability";
import { eventually } from "@flock/provision/testing";
import fc from "fast-check";
import { ABLE_MODEL, fixedCatalogue } from "../../../services/api/test/start-test-api.js";
import type { BridgedWorker } from "../../../services/bridge/src/bridged-worker.js";
import type { BridgedWorkers } from "../../../services/bridge/src/bridged-workers.js";
import { BridgeRequests } from "../../../services/bridge/src/http/bridge-requests.js";
import { HttpListener } from "../../../services/bridge/src/http/http-listener.js";
import { bridgeMetrics } from "../../../services/bridge/src/metrics.js";
import { RequestLimit } from "../../../services/bridge/src/request-limits.js";
import { fuzzTarget } from "../fuzz-target.js";
import { mutatedJson } from "../generators/json.js";
import { mutatedText } from "../generators/text.js";
import { mustHold } from "../outcome.js";
import { rawExchange } from "../rigs/raw-exchange.js";

const KEY = generateIdentity().id;
const PULL = { models: [{ name: ABLE_MODEL.name, digest: ABLE_MODEL.digest }], reference: "a-process" };
const OFTEN = 1_000_000_000;

const requests = fc.record({
  path: fc.constantFrom("/api/pull", "/api/pull", "/api/push", "/ping"),
  key: fc.oneof({ weight: 6, arbitrary: fc.constant(KEY) }, { weight: 1, arbitrary: mutatedText([KEY]) }),
  id: mutatedText(["0".repeat(32)]),
  reference: mutatedText(["a-process"]),
  body: mutatedJson([PULL]),
});

export const bridgeRequests = fuzzTarget({
  name: "bridge-requests",
  about: "pulls and pushes of original workers to the bridge, over HTTP",
  open: async () => {
    const logger = createLogger("bridge", "silent");
    const exporter = createMetrics("bridge");
    const bridge = new BridgeRequests({
      // CAST: as much of the workers and the catalogue as a request comes to.
      workers: workersWithoutJobs() as unknown as BridgedWorkers,
      catalogue: fixedCatalogue([ABLE_MODEL]) as unknown as CatalogueView,
      ...{
        pullWaitMs: 1,
        addresses: new RequestLimit(OFTEN),
        keys: new RequestLimit(OFTEN),
        metrics: bridgeMetrics(exporter.meter, () => 0),
        logger,
      },
    });
    const listener = new HttpListener({
      ...{ host: "127.0.0.1", port: 0, connectionsMax: 1_000, logger },
      handle: (message, response) => bridge.handle(message, response),
    });
    const stop = new AbortController();
    const stopped = listener.start(stop.signal);
    const port = await eventually("the bridge listens", () => listener.port);
    return {
      inputs: requests,
      probe: async (request) => {
        const answer = await asked(port, request);
        // A busy machine has not answered a client that waits for a moment only.
        if (answer === "") return false;
        const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]);
        mustHold(status === 200 || (status >= 400 && status < 500), `answered with ${answer.slice(0, 300)}`);
        return status === 200;
      },
      close: async () => {
        stop.abort();
        await stopped;
        await exporter.close();
      },
    };
  },
});

function workersWithoutJobs() {
  const worker: Pick<BridgedWorker, "offer" | "withdraw" | "take"> = {
    offer: () => false,
    withdraw: () => {},
    take: () => false,
  };
  return { open: () => worker, find: () => worker };
}

type Asked = typeof requests extends fc.Arbitrary<infer Request> ? Request : never;

function asked(port: number, { path, key, id, reference, body }: Asked): Promise<string> {
  const plain = (text: string): string => text.replace(/[\r\n\0]/g, " ");
  const head = [
    `${path === "/ping" ? "GET" : "POST"} ${path} HTTP/1.1`,
    ...["Host: x", "Connection: close", `Content-Length: ${body.length}`],
    ...[`Authorization: Bearer ${plain(key)}`, `Id: ${plain(id)}`, `Reference: ${plain(reference)}`],
  ];
  return rawExchange(port, [Buffer.from(`${head.join("\r\n")}\r\n\r\n`), body]);
}

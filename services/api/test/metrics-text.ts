import type { IncomingMessage, ServerResponse } from "node:http";
import type { Metrics } from "@flock/observability";

/** All metrics, as Prometheus reads them. */
export function metricsText(exporter: Metrics): Promise<string> {
  return new Promise((resolve) => {
    const response = { statusCode: 0, setHeader: () => {}, end: resolve };
    // CAST: of a request nothing is looked at, of a response no more than this is used.
    exporter.serve({} as IncomingMessage, response as unknown as ServerResponse);
  });
}

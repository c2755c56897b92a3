import type { IncomingMessage, ServerResponse } from "node:http";
import type { Meter } from "@opentelemetry/api";
import { PrometheusExporter } from "@opentelemetry/exporter-prometheus";
import { MeterProvider } from "@opentelemetry/sdk-metrics";

export type { Counter, Histogram, Meter } from "@opentelemetry/api";

export interface Metrics {
  /** Where a service creates its instruments; names end in their unit. */
  readonly meter: Meter;
  /** Answers an HTTP request with the current values in Prometheus' text format. */
  serve(request: IncomingMessage, response: ServerResponse): void;
  close(): Promise<void>;
}

/** Metrics of one service, kept by the OpenTelemetry SDK and read by Prometheus from `/metrics`. */
export function createMetrics(service: string): Metrics {
  const exporter = new PrometheusExporter({ preventServerStart: true, prefix: "flock" });
  const provider = new MeterProvider({ readers: [exporter] });
  return {
    meter: provider.getMeter(service),
    serve: (request, response) => exporter.getMetricsRequestHandler(request, response),
    close: () => provider.shutdown(),
  };
}

import { parseMetrics, sumOf } from "./metrics-text.js";

const TEXT = `# HELP flock_dropped_total Messages dropped
# TYPE flock_dropped_total counter
flock_dropped_total{source="hb.*",reason="malformed",otel_scope_name="api"} 3
flock_dropped_total{source="say \\"hi\\"",reason="oversized"} 4 1763830000000
flock_queued 0.5
`;

describe("metrics in Prometheus' text format", () => {
  it("are read with their labels, and added up by them", () => {
    const samples = parseMetrics(TEXT);
    expect(samples).toHaveLength(3);
    expect(sumOf(samples, "flock_dropped_total")).toBe(7);
    expect(sumOf(samples, "flock_dropped_total", { reason: "malformed" })).toBe(3);
    expect(sumOf(samples, "flock_queued")).toBe(0.5);
    expect(sumOf(samples, "flock_nothing")).toBe(0);
  });
});

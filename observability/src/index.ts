export { createLogger, LOG_LEVELS, type Logger, type LogLevel, redactKeyPath } from "./logger.js";
export { type Counter, createMetrics, type Histogram, type Meter, type Metrics } from "./metrics.js";
export { continueTrace, TRACEPARENT_HEADER, traceIdOf } from "./trace-context.js";

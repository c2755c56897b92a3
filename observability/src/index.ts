export { LOG_LEVELS, type LogLevel, logLevelOf, toLogLevel } from "./log-level.js";
export { createLogger, keepOutOfLogs, type Logger, redactKeyPath } from "./logger.js";
export { type Counter, createMetrics, type Histogram, type Meter, type Metrics } from "./metrics.js";
export { continueTrace, TRACEPARENT_HEADER, traceIdOf } from "./trace-context.js";

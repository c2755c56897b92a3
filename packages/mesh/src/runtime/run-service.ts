import { FlockError } from "@flock/errors";
import { createLogger, createMetrics } from "@flock/observability";
import type { CommonEnvironment } from "./config.js";
import { serveHealth } from "./health-server.js";
import { type CreateService, type RunningService, startService } from "./lifecycle.js";

/** A failure that the same process would meet again, whoever starts it: it ends with an exit code of its own. */
export class FinalFailure extends FlockError {
  constructor(
    readonly exitCode: number,
    error: FlockError,
  ) {
    super(error.code, error.message, { cause: error });
  }
}

/** What `runService` needs of its process; a test may put another in its place. */
export interface ProcessHost {
  on(event: string, listener: (error: unknown) => void): unknown;
  exit(code: number): never;
  /** Present in a child that was started with a channel to its parent. */
  readonly channel?: unknown;
  /** Takes the lines of the log in place of standard output. */
  readonly log?: { write(line: string): void };
}

const EXIT_FAILED = 1;
const EXIT_BAD_CONFIGURATION = 2;
/** What shells report of a program that Ctrl-C ended. */
const EXIT_INTERRUPTED = 130;

/**
 * Runs a service as this process: reads its configuration, serves its health, runs it until SIGTERM, SIGINT or (as a
 * child of the launcher) the loss of the parent, drains it and exits 0; at once while it still starts, and waits for
 * NATS or a database. Exits 1 if anything failed (or as a {@link FinalFailure} says), 2 if the configuration is bad,
 * and at once with 130 at a second signal.
 */
export async function runService<Config extends CommonEnvironment>(
  name: string,
  readConfig: () => Config,
  create: CreateService<Config>,
  host: ProcessHost = process,
): Promise<never> {
  let config: Config;
  try {
    config = readConfig();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    createLogger(name, "info", host.log).fatal({ reason }, "bad configuration");
    return host.exit(EXIT_BAD_CONFIGURATION);
  }
  const logger = createLogger(name, config.LOG_LEVEL, host.log);
  const metrics = createMetrics(name);
  const service: RunningService = startService<Config>(
    async (_, runtime) => {
      // Opened first, so that they tell of everything else until the end.
      runtime.open(metrics);
      const { HEALTH_HOST, HEALTH_PORT } = config;
      const health = runtime.open(
        await serveHealth({
          host: HEALTH_HOST,
          port: HEALTH_PORT,
          metrics,
          notReady: () => service.notReady(),
          routes: () => service.routes,
        }),
      );
      logger.info({ healthPort: health.port }, "health is served");
      return await create(config, runtime);
    },
    config,
    { name, logger, meter: metrics.meter },
  );
  // Node would print it as it is, with what no log may show.
  host.on("uncaughtException", (error) => {
    logger.fatal({ err: error }, "an error that nobody caught");
    host.exit(EXIT_FAILED);
  });
  let isAsked = false;
  const onSignal = (signal: string): void => {
    if (isAsked) host.exit(EXIT_INTERRUPTED);
    isAsked = true;
    stop(signal);
  };
  const stop = (reason: string): void => {
    // What went wrong is in the log, and in the exit code.
    service.stop(reason).catch(() => {});
  };
  host.on("SIGTERM", () => onSignal("SIGTERM"));
  host.on("SIGINT", () => onSignal("SIGINT"));
  if (host.channel !== undefined) host.on("disconnect", () => stop("the launcher is gone"));
  const { error } = await service.exited;
  if (error instanceof FinalFailure) return host.exit(error.exitCode);
  return host.exit(error === undefined ? 0 : EXIT_FAILED);
}

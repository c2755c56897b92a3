import { FlockError } from "@flock/errors";
import {
  HealthCheckResponse,
  HealthDefinition,
  HealthCheckResponse_ServingStatus as ServingStatus,
} from "@flock/proto/grpc";
import { bufferOf, type GrpcMethod, type MessageStream, streaming, unary } from "../grpc-method.js";

/** How soon a watcher hears of a change. */
const LOOK_INTERVAL_MS = 500;

interface Watcher {
  readonly service: string;
  readonly stream: MessageStream;
  told: ServingStatus | undefined;
}

/** gRPC's standard health: of all services together, under the empty name, and of each one the same. */
export class HealthWatch {
  readonly #services: ReadonlySet<string>;
  readonly #isReady: () => boolean;
  readonly #watchers = new Set<Watcher>();
  #timer: NodeJS.Timeout | undefined;
  #isEnded = false;

  /**
   * @param services Names of the services that are served.
   * @param isReady Whether the api as a whole is ready.
   */
  constructor(services: readonly string[], isReady: () => boolean) {
    this.#services = new Set(["", ...services]);
    this.#isReady = isReady;
  }

  /** The service `grpc.health.v1.Health`. */
  methods(): readonly GrpcMethod[] {
    const { check, watch, list } = HealthDefinition.methods;
    const free = { access: { open: "free" } } as const;
    const limited = { access: { open: "read" }, isEndless: true } as const;
    return [
      unary(HealthDefinition, check, free, async ({ service }) => {
        if (!this.#services.has(service))
          throw new FlockError("not_found", "there is no such service", { details: { field: "service" } });
        return { status: this.#statusOf(service) };
      }),
      unary(HealthDefinition, list, free, async () => ({
        statuses: Object.fromEntries(
          [...this.#services].map((service) => [service, { status: this.#statusOf(service) }]),
        ),
      })),
      streaming(HealthDefinition, watch, limited, async ({ service }, call, stream) => {
        const watcher: Watcher = { service, stream, told: undefined };
        this.#watchers.add(watcher);
        call.whenOver(() => this.#leave(watcher));
        this.#tell(watcher);
        this.#timer ??= setInterval(() => this.#tellAll(), LOOK_INTERVAL_MS);
      }),
    ];
  }

  /** From now on nothing is served. Resolves when all who watch have been told, and their calls have ended. */
  async end(): Promise<void> {
    this.#isEnded = true;
    const told = [...this.#watchers].map(
      (watcher) => new Promise<void>((resolve) => this.#endWatcher(watcher, resolve)),
    );
    await Promise.all(told);
  }

  #endWatcher(watcher: Watcher, done: () => void): void {
    this.#tell(watcher);
    watcher.stream.end();
    // One that reads nothing is not waited for.
    setImmediate(done);
  }

  #tellAll(): void {
    for (const watcher of this.#watchers) this.#tell(watcher);
  }

  #tell(watcher: Watcher): void {
    const status = this.#statusOf(watcher.service);
    if (status === watcher.told || watcher.stream.writableEnded) return;
    // Who has not read the last word gets the next one when he has: a message waits for him, not each change.
    if (watcher.stream.writableLength > 0) return;
    watcher.told = status;
    watcher.stream.write(bufferOf(HealthCheckResponse.encode({ status }).finish()));
  }

  #statusOf(service: string): ServingStatus {
    if (!this.#services.has(service)) return ServingStatus.SERVICE_UNKNOWN;
    return this.#isReady() && !this.#isEnded ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
  }

  #leave(watcher: Watcher): void {
    this.#watchers.delete(watcher);
    if (this.#watchers.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

import { FlockError } from "@flock/errors";
import type { Logger } from "@flock/observability";
import {
  type Metadata,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
} from "@grpc/grpc-js";
import type { DrainState } from "../drain-state.js";
import { bearerOf, type Identify, identifyRequest } from "../keys/credentials.js";
import type { OpenLimits, OpenRequestKind } from "../limits/open-limits.js";
import type { ApiMetrics } from "../metrics.js";
import { recordCall } from "./call-record.js";
import type { ClientAddresses } from "./client-addresses.js";
import { GrpcCall, textOf } from "./grpc-call.js";
import type { GrpcMethod } from "./grpc-method.js";
import { detailedStatus, statusOf } from "./status-table.js";

export interface CallGateOptions {
  readonly methods: readonly GrpcMethod[];
  readonly identify: Identify;
  readonly drain: DrainState;
  readonly openLimits: OpenLimits;
  readonly clientAddresses: ClientAddresses;
  readonly logger: Logger;
  readonly metrics: ApiMetrics;
}

/**
 * What every call passes: it gets its id, and is let in or refused before anything of its request is read; every status
 * gets details; when it is over it is counted and gets its line in the log.
 */
export class CallGate {
  readonly #options: CallGateOptions;
  readonly #methods: ReadonlyMap<string, GrpcMethod>;
  /** By the metadata that the library hands to handlers. */
  readonly #calls = new WeakMap<Metadata, GrpcCall>();

  constructor(options: CallGateOptions) {
    this.#options = options;
    this.#methods = new Map(options.methods.map((method) => [method.path, method]));
  }

  /** The call that a handler is called for. */
  callOf(metadata: Metadata): GrpcCall {
    const call = this.#calls.get(metadata);
    if (call === undefined) throw new FlockError("internal", "a call has not passed the gate");
    return call;
  }

  readonly interceptor: ServerInterceptor = ({ path }, below) => {
    const method = this.#methods.get(path);
    if (method === undefined) throw new FlockError("internal", `nobody answers ${path}`);
    let call: GrpcCall | undefined;
    let isOwnStatus = false;
    detailEveryStatus(
      below,
      (code) => call?.noteStatus(code, isOwnStatus),
      () => call,
    );
    const above = new ServerInterceptingCall(below, {
      start: (next) =>
        next({
          onReceiveMetadata: (metadata, admitted) => {
            const begun = new GrpcCall(below, method, metadata);
            call = begun;
            this.#calls.set(metadata, begun);
            this.#begin(begun);
            this.#admit(begun).then(
              () => admitted(metadata),
              (error: unknown) => above.sendStatus(this.#refusal(begun, error)),
            );
          },
          onCancel: () => call?.noteEnd(),
        }),
      sendMetadata: (metadata, next) => {
        if (call !== undefined) tellIds(metadata, call);
        next(metadata);
      },
      sendStatus: (status, next) => {
        isOwnStatus = true;
        next(status);
      },
    });
    return above;
  };

  #begin(call: GrpcCall): void {
    const { drain, logger, metrics } = this.#options;
    metrics.grpcCallBegan();
    if (!call.method.isEndless) drain.begin();
    call.whenOver(() => {
      metrics.grpcCallEnded();
      if (!call.method.isEndless) drain.end();
      recordCall(logger, metrics, call);
    });
  }

  /** Lets nobody in while draining, and nobody without a known key or session where one is needed. */
  async #admit(call: GrpcCall): Promise<void> {
    const { access, isEndless } = call.method;
    const isFree = "open" in access && access.open === "free";
    if (!isFree && !isEndless) this.#options.drain.requireOpen();
    if ("open" in access) return this.#admitAnybody(call, access.open);
    const credential = bearerOf(textOf(call.metadata, "authorization"));
    const { identify, clientAddresses } = this.#options;
    const shown = { credential, takes: access.takes, client: clientAddresses.of(call) };
    await identifyRequest(call.context, shown, identify);
  }

  /** Refusals are cheap, and not logged one by one: somebody sends very many. Nor is who asks whether we are well. */
  #admitAnybody(call: GrpcCall, open: "free" | OpenRequestKind): void {
    if (open === "free") return call.context.leaveUnlogged();
    const { openLimits, clientAddresses } = this.#options;
    const refusal = openLimits.refusalOfClient(clientAddresses.of(call), open);
    if (refusal === undefined) return;
    call.context.leaveUnlogged();
    throw refusal;
  }

  #refusal(call: GrpcCall, thrown: unknown) {
    return statusOf(noted(this.#options.logger, call, thrown));
  }
}

/** An error that a call ends with: noted for its line in the log, and logged whole if it is a fault of ours. */
export function noted(logger: Logger, { context }: GrpcCall, thrown: unknown): FlockError {
  const error = FlockError.from(thrown);
  context.facts.error = error.code;
  if (error.code === "internal")
    logger.error({ err: error.cause ?? error, requestId: context.requestId }, "request failed");
  return error;
}

/**
 * Has a look at every status just before it is sent, also at those that the library ends calls with of its own accord
 * (a deadline, a message that is too large): those pass no interceptor.
 */
function detailEveryStatus(
  below: ServerInterceptingCallInterface,
  note: (code: NonNullable<Parameters<typeof below.sendStatus>[0]["code"]>) => void,
  call: () => GrpcCall | undefined,
): void {
  const send = below.sendStatus.bind(below);
  below.sendStatus = (given) => {
    const code = given.code ?? 0;
    note(code);
    const isDetailed = code === 0 || (given.metadata?.get("grpc-status-details-bin").length ?? 0) > 0;
    const status = isDetailed ? given : detailedStatus(code, given.details ?? "");
    const told = call();
    if (told !== undefined && status.metadata) tellIds(status.metadata, told);
    send(status);
  };
}

/** By what a call is found again, and everything that was done for it. */
function tellIds(metadata: Metadata, { context: { requestId, story } }: GrpcCall): void {
  metadata.set("x-request-id", requestId);
  if (story === undefined) return;
  metadata.set("x-flock-job-id", story.jobId);
  metadata.set("x-flock-trace-id", story.traceId);
}

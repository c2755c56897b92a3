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
import type { BodyBudget } from "../limits/body-budget.js";
import type { OpenLimits, OpenRequestKind } from "../limits/open-limits.js";
import type { ApiMetrics } from "../metrics.js";
import { recordCall } from "./call-record.js";
import type { ClientAddresses } from "./client-addresses.js";
import { GrpcCall, textOf } from "./grpc-call.js";
import { type GrpcMethod, REQUEST_BYTES_MAX } from "./grpc-method.js";
import { MessageMeter } from "./message-meter.js";
import { detailedStatus, statusOf } from "./status-table.js";

export interface CallGateOptions {
  readonly methods: readonly GrpcMethod[];
  readonly identify: Identify;
  readonly drain: DrainState;
  readonly openLimits: OpenLimits;
  readonly clientAddresses: ClientAddresses;
  readonly bodyBudget: BodyBudget;
  /** By then a call's first message must have arrived. */
  readonly requestTimeoutMs: number;
  readonly logger: Logger;
  readonly metrics: ApiMetrics;
}

/** Under way at once, over all connections: each may have a thousand, and nobody needs a key to begin some. */
const CALLS_MAX = 10_000;

/**
 * What every call passes: it gets its id, and is let in or refused before anything of its request is read; every status
 * gets details; when it is over it is counted and gets its line in the log.
 */
export class CallGate {
  readonly #options: CallGateOptions;
  readonly #methods: ReadonlyMap<string, GrpcMethod>;
  /** By the metadata that the library hands to handlers. */
  readonly #calls = new WeakMap<Metadata, GrpcCall>();
  #underWay = 0;

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
            const refuse = (thrown: unknown): void => above.sendStatus(this.#refusal(begun, thrown));
            this.#admit(begun)
              .then(() => {
                this.#meterRequest(begun, refuse);
                admitted(metadata);
              })
              .catch(refuse);
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
    this.#underWay += 1;
    if (!call.method.isEndless) drain.begin();
    call.whenOver(() => {
      metrics.grpcCallEnded();
      this.#underWay -= 1;
      if (!call.method.isEndless) drain.end();
      recordCall(logger, metrics, call);
    });
  }

  /** Lets nobody in while draining, and nobody without a known key or session where one is needed. */
  async #admit(call: GrpcCall): Promise<void> {
    const { access, isEndless } = call.method;
    if (this.#underWay > CALLS_MAX) {
      call.context.leaveUnlogged();
      throw new FlockError("unavailable", "too many calls at once, please try again");
    }
    const isFree = "open" in access && access.open === "free";
    if (!isFree && !isEndless) this.#options.drain.requireOpen();
    if ("open" in access) return this.#admitAnybody(call, access.open);
    const authorization = textOf(call.metadata, "authorization");
    const { identify, clientAddresses } = this.#options;
    const shown = {
      credential: bearerOf(authorization),
      mayBeGuest: authorization === undefined,
      takes: access.takes,
      client: clientAddresses.of(call),
    };
    await identifyRequest(call.context, shown, identify);
  }

  /** Bounds what a request may hold while it arrives, and how long that may take. */
  #meterRequest(call: GrpcCall, refuse: (thrown: unknown) => void): void {
    const { bodyBudget, requestTimeoutMs } = this.#options;
    const { requestBytesMax } = call.method;
    const isSmall = requestBytesMax <= REQUEST_BYTES_MAX;
    const share = isSmall ? undefined : bodyBudget.share(call.context.bodyAccount);
    const meter = new MessageMeter(requestBytesMax, share);
    const drop = call.inspectRequest((piece) => {
      if (meter.receive(piece)) clearTimeout(timer);
    }, refuse);
    const timer = setTimeout(() => {
      drop();
      refuse(new FlockError("deadline_exceeded", `no request has come within ${requestTimeoutMs} ms`));
    }, requestTimeoutMs);
    call.whenOver(() => {
      clearTimeout(timer);
      share?.release();
    });
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

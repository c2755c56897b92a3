import type { Meter } from "@flock/observability";

/** What the api counts and measures; one method per metric, so that a name and its labels stand together. */
export class ApiMetrics {
  readonly #requests;
  readonly #durations;
  readonly #firstBytes;
  readonly #streams;
  readonly #chunks;
  readonly #cutOff;
  readonly #keyLookups;
  readonly #openRefused;
  readonly #grpcRequests;
  readonly #grpcDurations;
  readonly #grpcFirstMessages;
  readonly #grpcActive;
  readonly #keyRefused;
  readonly #jobStories;
  readonly #fallbacks;
  readonly #bodyBytes;
  readonly #bodiesRefused;
  readonly #materialBytes;
  readonly #materialAsked;
  readonly #connectionsRefused;
  readonly #liveFrames;
  readonly #liveListeners;
  readonly #liveRefused;
  readonly #liveDropped;
  readonly #delegations;
  readonly #workerSessions;
  readonly #enrolmentsRefused;
  readonly #serviceSamples;
  readonly #guestRequests;

  readonly #meter: Meter;

  constructor(meter: Meter) {
    this.#meter = meter;
    this.#requests = meter.createCounter("api_requests", { description: "Requests by route and status" });
    this.#durations = meter.createHistogram("api_request_duration_ms", {
      description: "From the request's head to the end of its answer",
    });
    this.#firstBytes = meter.createHistogram("api_first_byte_ms", {
      description: "From the request's head to the first byte of a generated answer",
    });
    this.#streams = meter.createUpDownCounter("api_streams_active", {
      description: "Generated answers under way, streamed or not",
    });
    this.#chunks = meter.createCounter("api_chunks", { description: "Pieces of text sent to clients" });
    this.#cutOff = meter.createCounter("api_clients_cut_off", {
      description: "Clients that were cut off because they did not read",
    });
    this.#keyLookups = meter.createCounter("api_key_lookups", {
      description: "API keys looked up in the database, by result",
    });
    this.#openRefused = meter.createCounter("api_open_requests_refused", {
      description: "Requests without a key or a session that were one too many, by limit",
    });
    this.#keyRefused = meter.createCounter("api_key_limits_reached", {
      description: "Requests of keys that had reached one of their own limits, by limit",
    });
    this.#jobStories = meter.createCounter("api_job_stories", {
      description:
        "Stories of jobs that were kept, or given up for want of room or of a database that takes them",
    });
    this.#fallbacks = meter.createCounter("api_fallbacks", {
      description: "Jobs for a model that a request names in case another one cannot answer",
    });
    this.#bodyBytes = meter.createUpDownCounter("api_body_bytes", {
      description: "Bytes of large request bodies that are held",
    });
    this.#bodiesRefused = meter.createCounter("api_bodies_refused", {
      description: "Request bodies that found no room, by limit",
    });
    this.#materialBytes = meter.createUpDownCounter("api_material_bytes", {
      description: "Bytes of requests and answers that are kept for the verifier",
    });
    this.#materialAsked = meter.createCounter("api_material_asked", {
      description: "Jobs that the verifier asked for, by whether they were still kept",
    });
    this.#connectionsRefused = meter.createCounter("api_connections_refused", {
      description: "Connections that were one too many, by protocol",
    });
    this.#liveFrames = meter.createCounter("api_live_frames", {
      description: "Frames of the live feed: one a second while a router is heard",
    });
    this.#liveListeners = meter.createUpDownCounter("api_live_listeners", {
      description: "Connections that follow the live feed",
    });
    this.#liveRefused = meter.createCounter("api_live_refused", {
      description: "Connections to the live feed that were one too many, by limit",
    });
    this.#liveDropped = meter.createCounter("api_live_dropped", {
      description: "Connections to the live feed that were ended because they did not read",
    });
    this.#delegations = meter.createCounter("api_worker_delegations", {
      description: "Delegations of wallets to workers' keys that were taken, also those that were known",
    });
    this.#workerSessions = meter.createCounter("api_worker_sessions", {
      description: "Sessions that workers were issued, renewals included",
    });
    this.#enrolmentsRefused = meter.createCounter("api_worker_enrolments_refused", {
      description: "Challenges, delegations and sessions that workers were refused, by step and reason",
    });
    this.#guestRequests = meter.createCounter("api_guest_requests", {
      description:
        "Requests to models of guests, begun or refused for want of what guests of one address may have",
    });
    this.#serviceSamples = meter.createCounter("api_service_samples", {
      description: "Samples of services by this process, by service and the state that they showed",
    });
    this.#grpcRequests = meter.createCounter("api_grpc_requests", {
      description: "Calls over gRPC that are over, by method and status",
    });
    this.#grpcDurations = meter.createHistogram("api_grpc_request_duration_ms", {
      description: "From a call's headers to its status",
    });
    this.#grpcFirstMessages = meter.createHistogram("api_grpc_first_message_ms", {
      description: "From a call's headers to the first message of a generated answer",
    });
    this.#grpcActive = meter.createUpDownCounter("api_grpc_calls_active", {
      description: "Calls over gRPC under way",
    });
  }

  /** @param expiry Unix seconds, asked whenever the metrics are. */
  certificateExpires(door: "http" | "grpc", expiry: () => number): void {
    this.#meter
      .createObservableGauge(`api_${door}_certificate_expiry_unix_seconds`, {
        description: "When the certificate that clients are shown expires",
      })
      .addCallback((result) => result.observe(expiry()));
  }

  liveFrame(): void {
    this.#liveFrames.add(1);
  }

  /** More or, if negative, fewer connections follow the live feed. */
  liveListeners(more: 1 | -1): void {
    this.#liveListeners.add(more);
  }

  /** `limit`: of one client, or of all. */
  liveRefused(limit: "client" | "all"): void {
    this.#liveRefused.add(1, { limit });
  }

  liveDropped(): void {
    this.#liveDropped.add(1);
  }

  fallback(): void {
    this.#fallbacks.add(1);
  }

  /** More or, if negative, fewer bytes of bodies are held. */
  bodyBytes(more: number): void {
    this.#bodyBytes.add(more);
  }

  /** `limit`: what the bodies of one account may hold, or those of all. */
  bodyRefused(limit: "account" | "all"): void {
    this.#bodiesRefused.add(1, { limit });
  }

  /** More or, if negative, fewer bytes of jobs' material are kept. */
  materialBytes(more: number): void {
    this.#materialBytes.add(more);
  }

  materialAsked(result: "found" | "missed"): void {
    this.#materialAsked.add(1, { result });
  }

  /** One too many over HTTP or gRPC. */
  connectionRefused(protocol: "http" | "grpc"): void {
    this.#connectionsRefused.add(1, { protocol });
  }

  workerDelegated(): void {
    this.#delegations.add(1);
  }

  workerSession(): void {
    this.#workerSessions.add(1);
  }

  enrolmentRefused(step: "challenge" | "delegation" | "session", reason: string): void {
    this.#enrolmentsRefused.add(1, { step, reason });
  }

  request(route: string, status: number, durationMs: number): void {
    this.#requests.add(1, { route, status });
    this.#durations.record(durationMs, { route });
  }

  firstByte(route: string, durationMs: number): void {
    this.#firstBytes.record(durationMs, { route });
  }

  jobStories(result: "written" | "dropped", count: number): void {
    this.#jobStories.add(count, { result });
  }

  streamBegan(): void {
    this.#streams.add(1);
  }

  streamEnded(): void {
    this.#streams.add(-1);
  }

  chunks(count: number): void {
    this.#chunks.add(count);
  }

  /** `reason`: `unsent` (too much was waiting) or `stalled` (nothing was read for too long). */
  cutOff(reason: "unsent" | "stalled"): void {
    this.#cutOff.add(1, { reason });
  }

  keyLookup(result: "found" | "unknown" | "unavailable"): void {
    this.#keyLookups.add(1, { result });
  }

  /** `limit`: that of the key. */
  keyRefused(limit: string): void {
    this.#keyRefused.add(1, { limit });
  }

  /** `limit`: that of a client's reads, writes or wrong keys, or of what a wallet signs. */
  openRequestRefused(limit: "read" | "write" | "wallet" | "wrong_key"): void {
    this.#openRefused.add(1, { limit });
  }

  guestRequest(result: "begun" | "refused"): void {
    this.#guestRequests.add(1, { result });
  }

  serviceSampled(service: string, state: string): void {
    this.#serviceSamples.add(1, { service, state });
  }

  grpcCall(method: string, status: string, durationMs: number): void {
    this.#grpcRequests.add(1, { method, status });
    this.#grpcDurations.record(durationMs, { method });
  }

  grpcFirstMessage(method: string, durationMs: number): void {
    this.#grpcFirstMessages.record(durationMs, { method });
  }

  grpcCallBegan(): void {
    this.#grpcActive.add(1);
  }

  grpcCallEnded(): void {
    this.#grpcActive.add(-1);
  }
}

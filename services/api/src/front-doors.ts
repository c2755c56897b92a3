import type { Part } from "@flock/mesh";
import type { GrpcListener } from "./grpc/listener.js";
import type { HttpListener } from "./http/listener.js";

/** Where clients come in. One part, so that all doors close at once: they have the time of one drain between them. */
export class FrontDoors implements Part {
  readonly name = "front doors";
  readonly http: HttpListener;
  readonly grpc: GrpcListener;

  constructor(http: HttpListener, grpc: GrpcListener) {
    this.http = http;
    this.grpc = grpc;
  }

  notReady(): string | undefined {
    return this.http.notReady() ?? this.grpc.notReady();
  }

  async start(stop: AbortSignal): Promise<void> {
    await Promise.all([this.http.start(stop), this.grpc.start(stop)]);
  }
}

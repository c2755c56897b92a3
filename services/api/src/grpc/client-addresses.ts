import { isIP } from "node:net";
import { AddressRanges } from "../limits/client-address.js";
import type { GrpcCall } from "./grpc-call.js";

/** Where calls come from: as trusted proxies say, else as the socket says. */
export class ClientAddresses {
  readonly #trusted: AddressRanges;

  /** @param trustedProxies Addresses and ranges of proxies that are believed whom they forward for. */
  constructor(trustedProxies: readonly string[]) {
    this.#trusted = new AddressRanges(trustedProxies);
  }

  /** Empty when the client has gone already. */
  of({ socketAddress, metadata }: Pick<GrpcCall, "socketAddress" | "metadata">): string {
    const told = metadata.get("x-forwarded-for").map(String).join(",");
    const forwarded = told.split(",").map((each) => each.trim());
    let address = socketAddress;
    // From the nearest proxy outwards, as long as each one is trusted, and what it says is an address.
    while (this.#trusted.has(address)) {
      const next = forwarded.pop();
      if (next === undefined || isIP(next) === 0) break;
      address = next;
    }
    return address;
  }
}

import type { Chain } from "../mesh-services.js";

/** What a mesh has, in the order in which it is told. */
export const SERVICES = ["api", "router", "ledger", "treasury", "database", "messages"] as const;
export type ServiceName = (typeof SERVICES)[number];

/** A network without a chain has no treasury. */
export function servicesOf(chain: Chain): readonly ServiceName[] {
  return SERVICES.filter((service) => service !== "treasury" || chain !== "none");
}

/** What users notice of it, in words. */
const EFFECTS: Readonly<Record<ServiceName, { readonly degraded: string; readonly down: string }>> = {
  api: {
    degraded: "fewer apis than usual serve clients; connections to the lost one broke",
    down: "nobody is served",
  },
  router: {
    degraded: "fewer routers than usual find workers for requests",
    down: "new requests wait, and are refused if they wait too long; answers that have begun go on",
  },
  ledger: {
    degraded: "fewer ledgers than usual book requests; they may wait a little longer",
    down: "new requests are refused; balances, stakes and keys' spending cannot be seen or changed",
  },
  treasury: {
    degraded: "deposits and payouts may take longer",
    down: "deposits are not credited and payouts wait; nothing is lost",
  },
  database: {
    degraded: "requests may take longer",
    down: "new requests are refused, and accounts cannot be seen or changed",
  },
  messages: {
    degraded: "requests may wait, and what was used may be counted later",
    down: "no request is served",
  },
};

export function effectOf(service: string, state: "degraded" | "down"): string {
  // CAST: of a service that a later version knows, this one says nothing.
  return (EFFECTS as Readonly<Record<string, Readonly<Record<string, string>>>>)[service]?.[state] ?? "";
}

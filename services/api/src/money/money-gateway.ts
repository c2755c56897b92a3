import type { BansView, CatalogueView, Clock, StandingsView } from "@flock/mesh";
import type { Logger } from "@flock/observability";
import type { Enrolment } from "../enrolment/enrolment.js";
import type { LiveFeed } from "../figures/live-feed.js";
import type { NetworkFigures } from "../figures/network-figures.js";
import type { Guests } from "../guests/guests.js";
import type { OpenLimits } from "../limits/open-limits.js";
import type { MeshServices } from "../mesh-services.js";
import type { SignIn } from "../sign-in/sign-in.js";
import type { StatusBoard } from "../status/status-board.js";
import type { DelegationStore } from "../store/delegation-store.js";
import type { KeyStore } from "../store/key-store.js";
import type { SessionStore } from "../store/session-store.js";
import type { UsageStore } from "../store/usage-store.js";
import type { JobStories } from "../stories/job-stories.js";
import type { CurrentParameters } from "../tiers/account-tiers.js";
import type { StakeView } from "../tiers/stake-view.js";
import type { TrustFacts } from "../trust/trust-facts.js";
import type { NetworkFacts } from "./network-facts.js";
import type { ReserveProofs } from "./reserve-proofs.js";
import type { StatementReaders } from "./statement-readers.js";

/** What serves accounts, money and workers that enrol, whoever asks. */
export interface MoneyGateway {
  readonly services: MeshServices;
  readonly signIn: SignIn;
  readonly sessions: SessionStore;
  readonly keys: KeyStore;
  readonly usage: UsageStore;
  readonly stories: Pick<JobStories, "find" | "list">;
  readonly catalogue: Pick<CatalogueView, "offered" | "notReady">;
  readonly parameters: CurrentParameters;
  readonly stakes: StakeView;
  readonly network: NetworkFacts;
  readonly status: Pick<StatusBoard, "read">;
  readonly reserves: ReserveProofs;
  readonly trust: TrustFacts;
  readonly statementReaders: StatementReaders;
  readonly figures: NetworkFigures;
  readonly live: LiveFeed;
  readonly openLimits: OpenLimits;
  /** Undefined: nobody is served without a key. */
  readonly guests: Pick<Guests, "terms"> | undefined;
  readonly enrolment: Enrolment;
  readonly delegations: Pick<DelegationStore, "find" | "ofAccount">;
  readonly bans: Pick<BansView, "find">;
  readonly standings: Pick<StandingsView, "find">;
  /** Says what day it is, and which signed texts have lapsed. */
  readonly clock: Clock;
  readonly logger: Logger;
}

import type { CatalogueView, Clock } from "@flock/mesh";
import type { Logger } from "@flock/observability";
import type { OpenLimits } from "../limits/open-limits.js";
import type { MeshServices } from "../mesh-services.js";
import type { SignIn } from "../sign-in/sign-in.js";
import type { KeyStore } from "../store/key-store.js";
import type { SessionStore } from "../store/session-store.js";
import type { UsageStore } from "../store/usage-store.js";
import type { JobStories } from "../stories/job-stories.js";
import type { CurrentParameters } from "../tiers/account-tiers.js";
import type { StakeView } from "../tiers/stake-view.js";
import type { NetworkFacts } from "./network-facts.js";
import type { ReserveProofs } from "./reserve-proofs.js";
import type { StatementReaders } from "./statement-readers.js";

/** What serves accounts and money, whoever asks. */
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
  readonly reserves: ReserveProofs;
  readonly statementReaders: StatementReaders;
  readonly openLimits: OpenLimits;
  /** Says what day it is, and which signed texts have lapsed. */
  readonly clock: Clock;
  readonly logger: Logger;
}

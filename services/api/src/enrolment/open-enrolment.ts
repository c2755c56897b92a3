import type { Database } from "@flock/database";
import { BansView, type Mesh, type Runtime, StandingsView } from "@flock/mesh";
import { ChallengeStore } from "../store/challenge-store.js";
import { DelegationStore } from "../store/delegation-store.js";
import type { ApiSchema } from "../store/schema.js";
import { Enrolment, type EnrolmentOptions } from "./enrolment.js";
import { SessionIssuer } from "./session-issuer.js";

/** What an operator decides. */
export interface EnrolmentSettings extends Pick<EnrolmentOptions, "sessionSeconds" | "entry"> {
  /** File with what sessions are signed with; undefined: no worker enrols. */
  readonly issuerFile: string | undefined;
}

/** What a service has, of which workers need something. */
interface Surroundings {
  readonly mesh: Mesh;
  readonly database: Database<ApiSchema>;
  readonly runtime: Pick<Runtime, "clock" | "logger">;
}

/** All that workers enrol with. */
interface OpenedEnrolment {
  readonly enrolment: Enrolment;
  readonly delegations: DelegationStore;
  /** Parts, which somebody has to run. */
  readonly bans: BansView;
  readonly standings: StandingsView;
}

/** @throws FlockError if the file of the issuer cannot be used */
export async function openEnrolment(
  { issuerFile, ...settings }: EnrolmentSettings,
  { mesh, database, runtime: { clock, logger } }: Surroundings,
  shared: Pick<EnrolmentOptions, "openLimits" | "publicUrl" | "metrics">,
): Promise<OpenedEnrolment> {
  const bans = new BansView(mesh);
  const standings = new StandingsView(mesh);
  const challenges = new ChallengeStore(database, "enrolment", clock);
  const delegations = new DelegationStore(database, challenges, clock);
  const issuer = await SessionIssuer.open({ mesh, bans, file: issuerFile, logger });
  return {
    enrolment: new Enrolment({
      ...{ ...shared, ...settings, challenges, delegations, bans, standings, issuer, clock },
    }),
    delegations,
    bans,
    standings,
  };
}

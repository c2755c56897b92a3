import { SUBJECTS } from "@flock/proto";
import type { Export, Import } from "@nats-io/jwt";

/*
 * What crosses the border between the accounts CORE and WORKERS. Whatever is not in this table does not, whoever asks:
 * not even a message that JetStream sends to a reply subject which a worker has chosen.
 */

const SECOND_NS = 1_000_000_000;

/** What CORE answers to: calls, as it were. How long the way back stays open after the last answer. */
const CALLS = [
  // A claim is answered within a second; the parts of a large prompt follow on the same way.
  { name: "claim", subject: SUBJECTS.allClaims, waySeconds: 15 },
  // Nobody answers on this way, but the server: that no router is there. Tickets come as commands do.
  { name: "pull", subject: SUBJECTS.allPulls, waySeconds: 1 },
] as const;

/** What only goes one way: from WORKERS to CORE. */
const REPORTS = [
  { name: "report", subject: SUBJECTS.allReports },
  { name: "heartbeat", subject: SUBJECTS.allHeartbeats },
] as const;

/** And from CORE to WORKERS. */
const COMMANDS = [
  { name: "control", subject: SUBJECTS.allControls },
  { name: "ticket", subject: SUBJECTS.allDeliveries },
] as const;

interface Border {
  readonly exports: Export[];
  readonly imports: Import[];
}

/** The border as CORE has it. */
export function borderOfCore(workersAccount: string): Border {
  return {
    exports: [
      ...CALLS.map(({ name, subject, waySeconds }): Export => {
        const response_threshold = waySeconds * SECOND_NS;
        return { name, subject, type: "service", response_type: "Stream", response_threshold };
      }),
      ...COMMANDS.map(({ name, subject }): Export => ({ name, subject, type: "stream" })),
    ],
    imports: REPORTS.map(({ name, subject }) => {
      return { name, subject, account: workersAccount, type: "stream" };
    }),
  };
}

/** The border as WORKERS has it. */
export function borderOfWorkers(coreAccount: string): Border {
  return {
    exports: REPORTS.map(({ name, subject }) => ({ name, subject, type: "stream" })),
    imports: [
      ...CALLS.map(({ name, subject }): Import => ({ name, subject, account: coreAccount, type: "service" })),
      ...COMMANDS.map(({ name, subject }): Import => {
        return { name, subject, account: coreAccount, type: "stream" };
      }),
    ],
  };
}

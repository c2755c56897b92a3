import type { Tone } from "../../ui/badge.js";

/** What checks of its answers have shown. */
export interface Standing {
  readonly state: string;
  readonly since: string | null;
  readonly reason: string;
  readonly checked_jobs: number;
}

export interface Worker {
  readonly worker_id: string;
  readonly state: string;
  readonly last_seen_at: string | null;
  readonly models: readonly {
    readonly name: string;
    readonly loaded: boolean;
    readonly is_admitted: boolean;
  }[];
  readonly slots: number;
  readonly active: number;
  readonly hardware: string;
  readonly breaker: string | null;
  readonly cut_off_until: string | null;
  readonly banned: boolean;
  readonly ban_reason: string | null;
  readonly offences: readonly {
    readonly offence: string;
    readonly count: number;
    readonly last_at: string | null;
  }[];
  readonly standing: Standing;
  readonly delegation_expires_at: string | null;
  readonly no_job: readonly { readonly reason: string; readonly seconds: number }[];
}

/** What `GET /flock/v1/workers` answers. */
export interface Workers {
  readonly account: string;
  readonly workers: readonly Worker[];
  readonly is_cut: boolean;
}

export const STATE_TONES: Readonly<Record<string, Tone>> = {
  ready: "ok",
  paused: "warn",
  draining: "warn",
  away: "plain",
};

export interface Reason {
  readonly name: string;
  readonly advice: string;
}

const REASONS: Readonly<Record<string, Reason>> = {
  banned: { name: "It is banned", advice: "Ask the network’s operator. What has vested stays yours." },
  convicted: {
    name: "It was found to cheat",
    advice:
      "The page Trust has the evidence, which anybody can check. Ask the network’s operator to look at it again.",
  },
  quarantined: {
    name: "It is in quarantine",
    advice:
      "Checks of its answers were against it. The verifier gives it jobs of its own; answer them with the model’s own file and leave it running. Quarantine ends by itself when they are in order.",
  },
  cut_off: {
    name: "It is cut off for a while",
    advice: "It was caught at something, see below. It ends by itself.",
  },
  draining: { name: "It finishes what it runs, and leaves", advice: "Start it again if it should stay." },
  paused: { name: "It is paused", advice: "Go on with it: flock-worker resume." },
  not_admitted: {
    name: "None of its models is one of the network’s",
    advice: "Pull a model that the page Models lists; the digest has to be the same.",
  },
  breaker_open: {
    name: "It failed jobs in a row, or was lost",
    advice: "Look into its log. It is tried again by itself, and trusted after the next job that it does.",
  },
  no_demand: {
    name: "Nobody wanted a model that it has",
    advice: "Offer other models: see Models for queues.",
  },
  untried: {
    name: "It is new, and has to do its first jobs",
    advice: "Wait. It gets more at once when it has completed one.",
  },
  others_first: {
    name: "Jobs went to other workers",
    advice: "They were quicker, or had the model in memory. Keep a model that is asked for loaded.",
  },
};

const STANDINGS: Readonly<Record<string, { readonly name: string; readonly tone: Tone }>> = {
  probation: { name: "New: most of its answers are checked", tone: "plain" },
  proven: { name: "Proven: few of its answers are checked", tone: "ok" },
  watched: { name: "Watched: half of its answers are checked", tone: "warn" },
  quarantined: { name: "In quarantine: it gets only the verifier’s jobs", tone: "bad" },
  convicted: { name: "Convicted: it gets no jobs", tone: "bad" },
};

/** A standing in words; one that this page does not know is told as it is. */
export function standingOf({ state }: Pick<Standing, "state">): {
  readonly name: string;
  readonly tone: Tone;
} {
  const known = Object.hasOwn(STANDINGS, state) ? STANDINGS[state] : undefined;
  return known ?? { name: state, tone: "plain" };
}

/** A reason in words, with what to do; one that this page does not know is told as it is. */
export function reasonOf(reason: string): Reason {
  return Object.hasOwn(REASONS, reason)
    ? (REASONS[reason] ?? { name: reason, advice: "" })
    : { name: reason, advice: "" };
}

/** The last hour's reasons, the longest first. */
export function idleReasons({ no_job: reasons }: Pick<Worker, "no_job">): Worker["no_job"] {
  return reasons.filter(({ seconds }) => seconds > 0).sort((a, b) => b.seconds - a.seconds);
}

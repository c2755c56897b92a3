import type { Tone } from "../../ui/badge.js";

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

import { FlockError } from "@flock/errors";
import type { CallOptions } from "@flock/mesh";
import {
  type SummaryReply,
  VERIFIER,
  VerdictKind,
  VerdictState,
  type VerdictSummary,
  type VerdictsReply,
} from "@flock/proto/verifier";
import { LRUCache } from "lru-cache";
import type { MeshServices } from "../mesh-services.js";
import type { WorkerAliases } from "../workers/worker-alias.js";
import { publishedEvidence } from "./published-evidence.js";
import { type Check, checkOf } from "./trust-words.js";

/** Anybody may ask, and the verifier counts rows for it. */
const KEPT_MS = 5_000;
/** Of jobs in one question. */
const JOBS_MAX = 200;
/** No answer about a job waits longer for the verifier's word on it. */
const CHECKS_TIMEOUT_MS = 1_000;
export const VERDICTS_MAX = 200;
/** In the place of an account: no account's id has a blank, so these aliases are nobody else's. */
const EVERYBODY = "verdict log";

/** A verdict as everybody may see it. */
export interface PublicVerdict extends Omit<VerdictSummary, "workerId"> {
  /** Of the verdict log: other aliases than those that accounts know workers by. */
  readonly worker: string;
  /** Its id, of a conviction that can be appealed no more; undefined: not told. */
  readonly workerId: string | undefined;
}

/** What everybody may know of checked work, from the verifier. Throws `unavailable` where none answers. */
export class TrustFacts {
  readonly #services: MeshServices;
  readonly #aliases: WorkerAliases;
  readonly #kept: LRUCache<"summary", SummaryReply>;

  constructor(services: MeshServices, aliases: WorkerAliases) {
    this.#services = services;
    this.#aliases = aliases;
    this.#kept = new LRUCache({
      max: 1,
      ttl: KEPT_MS,
      fetchMethod: () => services.ask(VERIFIER.summary, {}),
    });
  }

  /** At most five seconds old. */
  summary(): Promise<SummaryReply> {
    return this.#kept.forceFetch("summary");
  }

  /** Newest first, at most {@link VERDICTS_MAX} of them. */
  async verdicts(
    { cursor, limit }: { readonly cursor: string; readonly limit: number },
    options: CallOptions = {},
  ): Promise<{ readonly verdicts: readonly PublicVerdict[]; readonly nextCursor: string }> {
    const asked = { workerId: "", cursor, limit: Math.min(limit, VERDICTS_MAX) };
    const found: VerdictsReply = await this.#services.ask(VERIFIER.verdicts, asked, options);
    return { verdicts: found.verdicts.map((each) => this.#publicOf(each)), nextCursor: found.cursor };
  }

  async verdict(verdictId: string, options: CallOptions = {}): Promise<PublicVerdict> {
    return this.#publicOf((await this.#read(verdictId, options)).summary);
  }

  /** The evidence of a verdict as everybody may have it: JSON. */
  async evidence(verdictId: string, options: CallOptions = {}): Promise<string> {
    const { summary, bundle } = await this.#read(verdictId, options);
    const aliasOf = (id: string) => this.#aliasOf(id);
    return publishedEvidence(bundle, { aliasOf, isWorkerNamed: isNamed(summary) });
  }

  /** How jobs were checked, by id; those that were not drawn are not in it. Undefined: nobody can say now. */
  async checks(
    jobIds: readonly string[],
    options: CallOptions = {},
  ): Promise<ReadonlyMap<string, Check> | undefined> {
    const parts = Array.from({ length: Math.ceil(jobIds.length / JOBS_MAX) }, (_, index) =>
      jobIds.slice(index * JOBS_MAX, (index + 1) * JOBS_MAX),
    );
    const within = { ...options, timeoutMs: CHECKS_TIMEOUT_MS };
    try {
      const replies = await Promise.all(
        parts.map((part) => this.#services.ask(VERIFIER.checks, { jobIds: [...part] }, within)),
      );
      return new Map(
        replies
          .flatMap(({ checks }) => checks)
          .flatMap(({ jobId, state }) => {
            const check = checkOf(state);
            return check === undefined ? [] : [[jobId, check]];
          }),
      );
    } catch {
      // A job is told of also where no verifier answers.
      return undefined;
    }
  }

  async #read(verdictId: string, options: CallOptions) {
    const { summary, bundle } = await this.#services.ask(VERIFIER.verdict, { verdictId }, options);
    if (summary === undefined) throw new FlockError("internal", "the verifier answered without a verdict");
    return { summary, bundle };
  }

  #publicOf(found: VerdictSummary): PublicVerdict {
    const { workerId } = found;
    return { ...found, worker: this.#aliasOf(workerId), workerId: isNamed(found) ? workerId : undefined };
  }

  #aliasOf(workerId: string): string {
    return this.#aliases.aliasOf(EVERYBODY, workerId);
  }
}

/** Nobody is named for a suspicion, nor as long as a conviction may still be overturned. */
function isNamed({ kind, state }: VerdictSummary): boolean {
  return kind === VerdictKind.CONVICTION && (state === VerdictState.FINAL || state === VerdictState.DUE);
}

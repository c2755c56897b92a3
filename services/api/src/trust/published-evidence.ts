/** What the worker signed, which names it. */
const SIGNED: ReadonlySet<string> = new Set(["receipt", "signature", "signer"]);

/** Who is named in what everybody may have. */
export interface Naming {
  readonly aliasOf: (workerId: string) => string;
  /** The worker that the verdict is on is told by its own id, and what it signed is told. */
  readonly isWorkerNamed: boolean;
}

/**
 * An evidence bundle as everybody may have it: referees go by their aliases of the verdict log, and so does the
 * worker unless it is named. What names it is left out then: what it signed, and ids of jobs, because a client that
 * knows a job's id can have its receipt. Every number stays, so that the decision comes out the same.
 * @throws SyntaxError: it is no JSON.
 */
export function publishedEvidence(bundle: Uint8Array, naming: Naming): string {
  const alias = (value: unknown) => (typeof value === "string" ? naming.aliasOf(value) : value);
  const referee = (value: unknown) =>
    typeof value === "object" && value !== null && "id" in value
      ? { ...value, id: alias(value.id) }
      : alias(value);
  const published = (name: string, value: unknown): unknown => {
    if (name === "referees" && Array.isArray(value)) return value.map(referee);
    if (naming.isWorkerNamed) return value;
    if (name === "workerId") return alias(value);
    if (name === "jobs" && Array.isArray(value))
      return value.map((job: object, index) => ({ ...job, jobId: `job-${index + 1}` }));
    return SIGNED.has(name) ? "" : value;
  };
  return JSON.stringify(JSON.parse(Buffer.from(bundle).toString("utf8")), published);
}

/** Time limits of the job protocol on the requester's side, in milliseconds. */
export interface RequesterOptions {
  /**
   * A lease without any report for this long is lost. Several of the intervals at which workers report (500 ms), so
   * that one slow turn of a loop is not a loss.
   */
  progressTimeoutMs: number;
  /** A lease that reports, but produces nothing for this long, is lost: first output (the model may have to load) … */
  firstChunkTimeoutMs: number;
  /** … and between outputs. */
  stallTimeoutMs: number;
  /** The same for jobs whose engine may be quiet while it works (see JobSpec.mayBeQuiet). */
  quietTimeoutMs: number;
  /** How long a worker is refused a job that it has failed. */
  exclusionMs: number;
  /** A job that was begun waits this long for some worker to take it over before it fails. */
  failoverTimeoutMs: number;
  /** How long a job that is to wait for less may take to reach a worker that is free for it. */
  handoverMs: number;
  /** How long the router may be away before jobs that wait for it fail. */
  routerTimeoutMs: number;
  /** How long a cancelled worker may take to send its final and receipt. */
  cancelTimeoutMs: number;
  /** Leases per job before it is given up. */
  leasesMax: number;
  /** Leases per job that may end because an engine failed before it produced anything. */
  fruitlessLeasesMax: number;
}

export const REQUESTER_DEFAULTS: RequesterOptions = {
  progressTimeoutMs: 2_500,
  firstChunkTimeoutMs: 180_000,
  stallTimeoutMs: 60_000,
  quietTimeoutMs: 600_000,
  exclusionMs: 5_000,
  failoverTimeoutMs: 30_000,
  handoverMs: 1_000,
  routerTimeoutMs: 10_000,
  cancelTimeoutMs: 2_500,
  leasesMax: 8,
  fruitlessLeasesMax: 3,
};

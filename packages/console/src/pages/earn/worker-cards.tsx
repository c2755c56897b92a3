import { Link } from "wouter";
import { formatDuration } from "../../format/duration.js";
import { hardwareName } from "../../format/hardware.js";
import { Badge, Banner } from "../../ui/badge.js";
import { Copyable } from "../../ui/copyable.js";
import { Row } from "../../ui/layout.js";
import { Time } from "../../ui/time.js";
import styles from "./earn.module.css";
import { idleReasons, type Reason, reasonOf, STATE_TONES, standingOf, type Worker } from "./worker.js";

const HOUR_S = 3_600;

export function WorkerCards({ workers }: { readonly workers: readonly Worker[] }) {
  return (
    <ul className={styles["workers"]} aria-label="Your workers">
      {workers.map((worker) => (
        <li key={worker.worker_id}>
          <WorkerCard worker={worker} />
        </li>
      ))}
    </ul>
  );
}

function WorkerCard({ worker }: { readonly worker: Worker }) {
  return (
    <article className={styles["worker"]} aria-label={`Worker ${worker.worker_id}`}>
      <Row>
        <h3>
          <Copyable text={worker.worker_id} what="the worker’s address" />
        </h3>
        <Badge tone={STATE_TONES[worker.state] ?? "plain"}>{worker.state}</Badge>
        <Link to={`/earn?worker=${encodeURIComponent(worker.worker_id)}`}>Its earnings alone</Link>
      </Row>
      <Troubles worker={worker} />
      <dl className={styles["facts"]}>
        <div>
          <dt>Slots</dt>
          <dd>
            {worker.active} of {worker.slots} busy
          </dd>
        </div>
        <div>
          <dt>Hardware</dt>
          <dd>{hardwareName(worker.hardware)}</dd>
        </div>
        <div>
          <dt>Last seen</dt>
          <dd>
            <Time at={worker.last_seen_at} none="not lately" />
          </dd>
        </div>
        <div>
          <dt>Right to work ends</dt>
          <dd>
            <Time at={worker.delegation_expires_at} none="no delegation" />
          </dd>
        </div>
      </dl>
      <StandingLine standing={worker.standing} />
      <Models models={worker.models} />
      <WhyNoJob worker={worker} />
    </article>
  );
}

function Troubles({ worker }: { readonly worker: Worker }) {
  const { banned, ban_reason: reason, cut_off_until: cutOff, offences, breaker } = worker;
  return (
    <>
      {banned ? (
        <Banner tone="bad">
          <strong>Banned by the network’s operator.</strong>{" "}
          {reason === null ? "" : `The reason: “${reason}”.`}
        </Banner>
      ) : null}
      {cutOff === null ? null : (
        <Banner tone="bad">
          <strong>Cut off</strong> until <Time at={cutOff} />.
        </Banner>
      )}
      {breaker === "open" || breaker === "half-open" ? (
        <Banner tone="warn">
          {breaker === "open"
            ? "It has failed jobs, and gets none for a while."
            : "It has failed jobs. It gets one to try, and has to do it."}
        </Banner>
      ) : null}
      {offences.length === 0 ? null : (
        <ul className={styles["list"]} aria-label="What it was caught at">
          {offences.map(({ offence, count, last_at: at }) => (
            <li key={offence}>
              Caught at <b>{offence}</b>, {count} times, last <Time at={at} none="at a time not known" />
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

/** What checks of its answers have shown, and why, if the verifier said so. */
function StandingLine({ standing }: Pick<Worker, "standing">) {
  const { since, reason, checked_jobs: checked } = standing;
  const { name, tone } = standingOf(standing);
  return (
    <p className={styles["note"]}>
      <Badge tone={tone}>{name}</Badge> {checked === 1 ? "1 job was checked" : `${checked} jobs were checked`}
      {since === null ? null : (
        <>
          ; so since <Time at={since} />
        </>
      )}
      {reason === "" ? "." : `. The verifier’s reason: “${reason}”`}
    </p>
  );
}

function Models({ models }: Pick<Worker, "models">) {
  if (models.length === 0) return <p className={styles["note"]}>It has announced no model.</p>;
  return (
    <ul className={styles["models"]} aria-label="Its models">
      {models.map(({ name, loaded, is_admitted: isAdmitted }) => (
        <li key={name}>
          {name} {loaded ? <Badge tone="ok">in memory</Badge> : null}
          {isAdmitted ? null : <Badge tone="warn">not the network’s</Badge>}
        </li>
      ))}
    </ul>
  );
}

/** Of the last hour, for how long a slot was free and got no job, by reason. */
function WhyNoJob({ worker }: { readonly worker: Worker }) {
  const reasons = idleReasons(worker);
  if (reasons.length === 0)
    return (
      <p className={styles["note"]}>
        {worker.state === "away"
          ? "It was not heard in the last hour, so nothing is known of free slots."
          : "No slot of it was free without a job in the last hour."}
      </p>
    );
  return (
    <div className={styles["why"]}>
      <h4>Why no job, in the last hour</h4>
      <ul className={styles["reasons"]} aria-label="Reasons, by how long they held">
        {reasons.map(({ reason, seconds }) => (
          <ReasonItem key={reason} reason={reasonOf(reason)} seconds={seconds} />
        ))}
      </ul>
      <p className={styles["note"]}>
        A bar is the part of the hour in which a slot was free and got no job for this reason.
      </p>
    </div>
  );
}

function ReasonItem({
  reason: { name, advice },
  seconds,
}: {
  readonly reason: Reason;
  readonly seconds: number;
}) {
  const percent = Math.min(100, Math.round((100 * seconds) / HOUR_S));
  return (
    <li>
      <div className={styles["reason"]}>
        <span>{name}</span>
        <b>
          {formatDuration(seconds * 1_000)}, {percent} %
        </b>
      </div>
      <div className={styles["hour"]} aria-hidden="true">
        <i style={{ width: `${percent}%` }} />
      </div>
      {advice === "" ? null : <p className={styles["note"]}>{advice}</p>}
    </li>
  );
}

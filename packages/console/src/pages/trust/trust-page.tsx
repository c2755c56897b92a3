import type { Trust } from "@flockollamas/sdk";
import { ApiError } from "../../data/api-error.js";
import { useOpenAsked } from "../../data/asked.js";
import { useIsStale } from "../../data/staleness.js";
import { formatCount } from "../../format/count.js";
import { Banner } from "../../ui/badge.js";
import { BigFigures } from "../../ui/layout.js";
import { PageBody, PageHeading } from "../../ui/page-heading.js";
import { Panel } from "../../ui/panel.js";
import { QueryPanel } from "../../ui/query-panel.js";
import { AsOf, Zero } from "../../ui/states.js";
import { Calibration } from "./calibration.js";
import { DetectionPanel } from "./detection-panel.js";
import { DrawDays } from "./draw-days.js";
import { Standings } from "./standings.js";
import styles from "./trust.module.css";
import { VerdictLog } from "./verdict-log.js";

const EVERY_MS = 15_000;
const STALE_MS = 50_000;

export default function TrustPage() {
  const query = useOpenAsked(["trust"], (flock, signal) => flock.trust.get({ signal }), { every: EVERY_MS });
  const isStale = useIsStale(query, STALE_MS);
  const { data, error } = query;
  const asOf = <AsOf at={query.dataUpdatedAt} isStale={isStale} />;
  return (
    <PageBody>
      <PageHeading title="Trust" question="Is cheating found, and are the honest safe?" />
      {error instanceof ApiError && error.status === 503 ? (
        <Banner tone="warn">
          <strong>No verifier answers at the moment.</strong> What was checked cannot be told. Jobs go on, and
          their checks wait.
        </Banner>
      ) : null}
      <QueryPanel title="Checked work" what="the checked work" query={query} lines={4}>
        {(trust) => <Checked trust={trust} />}
      </QueryPanel>
      {data === undefined ? null : (
        <Panel title="Workers by standing" aside={asOf}>
          <Standings workers={data.workers} />
        </Panel>
      )}
      <DetectionPanel />
      {data === undefined ? null : (
        <Panel title="Calibration" aside={asOf}>
          <Calibration cells={data.calibration} />
        </Panel>
      )}
      <VerdictLog />
      {data === undefined ? null : (
        <Panel title="Draws" aside={asOf}>
          <DrawDays days={data.drawDays} />
        </Panel>
      )}
    </PageBody>
  );
}

function Checked({ trust: { jobs, floorBps, lastDay } }: { readonly trust: Trust }) {
  const { checkTokens, jobTokens } = lastDay;
  const drawn = `${floorBps / 100} % of proven workers’ jobs are drawn, and more of others’.`;
  if (jobs.checked === 0)
    return (
      <>
        <Zero what="jobs were checked" />
        <p className={styles["note"]}>
          {formatCount(jobs.seen)} jobs have ended, {formatCount(jobs.drawn)} of them were drawn. {drawn}
        </p>
      </>
    );
  return (
    <>
      <BigFigures
        figures={[
          { name: "Jobs checked", value: formatCount(jobs.checked) },
          { name: "Same", value: formatCount(jobs.same) },
          { name: "Different", value: formatCount(jobs.different) },
          { name: "Undetermined", value: formatCount(jobs.undetermined) },
          {
            name: "Tokens for checks, last 24 hours",
            value: jobTokens === 0 ? "no job yet" : `${((checkTokens / jobTokens) * 100).toFixed(1)} %`,
          },
        ]}
      />
      <p className={styles["note"]}>
        Of {formatCount(jobs.seen)} jobs that ended, {formatCount(jobs.drawn)} were drawn. {drawn} One
        different job convicts nobody: evidence adds up over jobs.
      </p>
    </>
  );
}

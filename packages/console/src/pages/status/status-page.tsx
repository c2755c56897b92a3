import { ApiError } from "../../data/api-error.js";
import { useOpen } from "../../data/queries.js";
import { useIsStale } from "../../data/staleness.js";
import { Banner } from "../../ui/badge.js";
import { PageBody, PageHeading } from "../../ui/page-heading.js";
import { Panel } from "../../ui/panel.js";
import { QueryPanel } from "../../ui/query-panel.js";
import { AsOf, Empty } from "../../ui/states.js";
import { Time } from "../../ui/time.js";
import { DayBars } from "./day-bars.js";
import { Incidents } from "./incidents.js";
import { ReservesPanel } from "./reserves-panel.js";
import { Services } from "./services.js";
import { findingOf, type Status } from "./status.js";

/** A tab that slept has old figures; three rounds without an answer are old, too. */
const STALE_MS = 35_000;

export default function StatusPage() {
  const query = useOpen<Status>("/flock/v1/status", { every: 10_000 });
  const isStale = useIsStale(query, STALE_MS);
  const { data, error } = query;
  const asOf = <AsOf at={query.dataUpdatedAt} isStale={isStale} />;
  return (
    <PageBody>
      <PageHeading
        title="Status"
        question="Does it work, and is the money there?"
        aside={<a href="/status">The same as a plain page</a>}
      />
      {error instanceof ApiError && error.status === 0 ? (
        <Banner tone="bad">
          <strong>This page cannot reach the api.</strong> That is itself the finding: the api is down, or the
          way from here to it is. <a href="/status">The plain page</a> asks it anew.
        </Banner>
      ) : null}
      {data === undefined ? null : <FindingBanner status={data} isStale={isStale} />}
      <QueryPanel title="Services" what="the state of the services" query={query} lines={6}>
        {({ services }) => <Services services={services} isStale={isStale} />}
      </QueryPanel>
      {data === undefined ? null : (
        <>
          <Panel title="Last 90 days" aside={asOf}>
            {data.days.length === 0 ? (
              <p>No day is told of.</p>
            ) : (
              <DayBars days={data.days} names={data.services.map(({ name }) => name)} />
            )}
          </Panel>
          <Panel title="Incidents" aside={asOf}>
            {data.incidents.length === 0 ? (
              <Empty title="No incident in the last 90 days">
                <p>What went wrong, what users noticed and what was done stands here.</p>
              </Empty>
            ) : (
              <Incidents incidents={data.incidents} />
            )}
          </Panel>
        </>
      )}
      <ReservesPanel />
    </PageBody>
  );
}

function FindingBanner({ status, isStale }: { readonly status: Status; readonly isStale: boolean }) {
  const { tone, text } = findingOf(status, isStale);
  const { as_of: asOf, payouts } = status;
  return (
    <>
      <Banner tone={tone}>
        <strong>{text}</strong>{" "}
        {asOf === null ? null : (
          <>
            Last look: <Time at={asOf} />.
          </>
        )}
      </Banner>
      {payouts?.halted ? (
        <Banner tone="bad">
          <strong>Payouts are halted</strong>
          {payouts.since === null ? null : (
            <>
              {" "}
              since <Time at={payouts.since} />
            </>
          )}
          . {payouts.reason === null ? "No reason was given." : `The reason: “${payouts.reason}”.`} What was
          asked for stays booked, and is paid when the halt is lifted.
        </Banner>
      ) : null}
    </>
  );
}

import { useSearchParams } from "wouter";
import { useFilter } from "../../data/filters.js";
import { useOwn } from "../../data/queries.js";
import { useSession } from "../../data/session.js";
import { shortAddress } from "../../format/address.js";
import { microOf } from "../../format/amount.js";
import { utcDay } from "../../format/time.js";
import { SignInButton } from "../../shell/sign-in.js";
import { Field, SelectField } from "../../ui/field.js";
import { PageBody, PageHeading } from "../../ui/page-heading.js";
import { Panel } from "../../ui/panel.js";
import { QueryPanel } from "../../ui/query-panel.js";
import { StartWorker } from "../../ui/start-worker.js";
import { AsOf, Empty } from "../../ui/states.js";
import styles from "./earn.module.css";
import { EarnedDays } from "./earned-days.js";
import type { Earnings } from "./earnings.js";
import { Epochs } from "./epochs.js";
import { Pipeline } from "./pipeline.js";
import type { Workers } from "./worker.js";
import { WorkerCards } from "./worker-cards.js";

const DAY_MS = 86_400_000;
const DAYS = 30;

export default function EarnPage() {
  const session = useSession();
  return (
    <PageBody>
      <PageHeading title="Earn" question="What did your machines earn, and why not more?" />
      {session === null ? <Visitor /> : <Account />}
    </PageBody>
  );
}

function Visitor() {
  return (
    <>
      <Panel title="What your machines earn">
        <Empty title="Nobody is signed in" action={<SignInButton />}>
          <p>
            For each of your workers this page shows its state and models, what it earned and what was taken
            back by day and model, how much vests when, and why it got no job in the last hour.
          </p>
        </Empty>
      </Panel>
      <Panel title="No worker yet?">
        <p>A machine with Ollama earns LLAMA for the answers that it gives. One command starts it:</p>
        <StartWorker />
      </Panel>
    </>
  );
}

function Account() {
  const today = utcDay(Date.now());
  const [to] = useFilter<string>("to", today);
  const [from] = useFilter<string>("from", dayBefore(today, DAYS - 1));
  const [worker] = useFilter<string>("worker", "");
  const asked = new URLSearchParams({ from, to, ...(worker === "" ? {} : { worker }) });
  const workers = useOwn<Workers>("/flock/v1/workers", { every: 10_000 });
  const ever = useOwn<Earnings>("/flock/v1/earnings", { every: 60_000 });
  const chosen = useOwn<Earnings>(`/flock/v1/earnings?${asked}`, { every: 60_000 });
  const { data } = ever;
  // What fails is said by the panels below.
  const hasFailed = workers.error !== null || ever.error !== null;
  const isNew =
    !hasFailed &&
    workers.data?.workers.length === 0 &&
    data !== undefined &&
    microOf(data.totals.earned_micro) === 0n;
  if (isNew)
    return (
      <Panel title="Your workers" aside={<AsOf at={workers.dataUpdatedAt} />}>
        <Empty title="No machine works for this account yet">
          <p>
            Its state, what it earns and why it gets no job stand here, from its first minute on. It starts
            by:
          </p>
          <StartWorker />
          <p>
            It makes a wallet of its own. With <code>--payout</code> and the address of this account it earns
            for you here.
          </p>
        </Empty>
      </Panel>
    );
  return (
    <>
      <QueryPanel title="What was earned, and where it is" what="the earnings" query={ever} lines={6}>
        {(found) => <Pipeline earnings={found} />}
      </QueryPanel>
      <QueryPanel title="Your workers" what="your workers" query={workers} lines={5}>
        {(found) => <WorkersBody workers={found} />}
      </QueryPanel>
      <Filters from={from} to={to} worker={worker} workers={workers.data?.workers ?? []} />
      <QueryPanel title="Earned by day" what="what was earned in these days" query={chosen} lines={6}>
        {(found) => <EarnedDays earnings={found} isOfOne={worker !== ""} />}
      </QueryPanel>
      {data === undefined ? null : <Epochs vesting={data.vesting} />}
    </>
  );
}

function WorkersBody({ workers: { workers, is_cut: isCut } }: { readonly workers: Workers }) {
  if (workers.length === 0)
    return (
      <Empty title="No machine works for this account now">
        <p>What was earned stays. A worker starts by:</p>
        <StartWorker />
      </Empty>
    );
  return (
    <>
      <WorkerCards workers={workers} />
      {isCut ? <p>There are more than these {workers.length}.</p> : null}
    </>
  );
}

function Filters({
  from,
  to,
  worker,
  workers,
}: {
  readonly from: string;
  readonly to: string;
  readonly worker: string;
  readonly workers: Workers["workers"];
}) {
  const [, setParameters] = useSearchParams();
  const set = (name: string, value: string) =>
    setParameters((before) => {
      const after = new URLSearchParams(before);
      if (value === "") after.delete(name);
      else after.set(name, value);
      return after;
    });
  return (
    <search className={styles["filters"]} aria-label="Choose days and worker">
      <Field
        label="From (UTC day)"
        type="date"
        max={to}
        value={from}
        onChange={(event) => set("from", event.target.value)}
      />
      <Field
        label="To"
        type="date"
        min={from}
        value={to}
        onChange={(event) => set("to", event.target.value)}
      />
      <SelectField label="Worker" value={worker} onChange={(event) => set("worker", event.target.value)}>
        <option value="">all together</option>
        {[...new Set([...workers.map(({ worker_id }) => worker_id), ...(worker === "" ? [] : [worker])])].map(
          (id) => (
            <option key={id} value={id}>
              {shortAddress(id)}
            </option>
          ),
        )}
      </SelectField>
    </search>
  );
}

function dayBefore(day: string, days: number): string {
  return utcDay(Date.parse(`${day}T00:00:00Z`) - days * DAY_MS);
}

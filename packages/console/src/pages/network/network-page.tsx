import { useState } from "react";
import { type LiveFeed, useLiveFeed } from "../../data/live-feed.js";
import type { LiveFigures, LiveFrame } from "../../data/live-frame.js";
import { useOpen } from "../../data/queries.js";
import { formatCount } from "../../format/count.js";
import { hardwareName } from "../../format/hardware.js";
import { formatClock } from "../../format/time.js";
import { Banner } from "../../ui/badge.js";
import { BigFigures } from "../../ui/layout.js";
import { PageBody, PageHeading } from "../../ui/page-heading.js";
import { Panel } from "../../ui/panel.js";
import { QueryPanel } from "../../ui/query-panel.js";
import { StartWorker } from "../../ui/start-worker.js";
import { AsOf, Empty, Loading } from "../../ui/states.js";
import { type Column, Table } from "../../ui/table.js";
import { ModelRows } from "./model-rows.js";
import { Weave } from "./weave.js";

interface Hardware {
  readonly class: string;
  readonly workers: number;
  readonly slots: number;
  readonly busy: number;
}

interface Live extends LiveFigures {
  readonly group_min: number;
  readonly rejected_while_idle: number;
  readonly hardware: readonly Hardware[];
}

export default function NetworkPage() {
  const query = useOpen<{ readonly live: Live | null }>("/flock/v1/network", { every: 5_000 });
  const feed = useLiveFeed();
  const frames = useStreamed(feed);
  const last = frames.at(-1);
  return (
    <PageBody>
      <PageHeading title="Network" question="Is it alive, and where is the slack?" />
      <Panel title="The last minute" aside="counts per second">
        <WeaveState feed={feed} frames={frames} />
      </Panel>
      <QueryPanel title="Now" what="the network’s figures" query={query}>
        {({ live }) => (live === null ? <Unheard /> : <Figures live={live} />)}
      </QueryPanel>
      <Panel
        title="By model"
        aside={
          <>
            last second; tokens of 10 s, jobs of 60 s{" "}
            {last === undefined ? null : <AsOf at={Date.parse(last.at)} isStale={isLost(feed)} />}
          </>
        }
      >
        <ModelRows frames={frames} groupMin={query.data?.live?.group_min ?? null} />
      </Panel>
      <QueryPanel title="By hardware" what="the hardware" query={query}>
        {({ live }) => (live === null ? <Unheard /> : <HardwareRows live={live} />)}
      </QueryPanel>
    </PageBody>
  );
}

function Unheard() {
  return (
    <Empty title="Nothing is heard of the network at the moment">
      <p>The api knows no figures now. They stand here as soon as it hears of a router again.</p>
    </Empty>
  );
}

function Figures({ live }: { readonly live: Live }) {
  const told = (count: number | null) => (count === null ? "not told" : formatCount(count));
  const { workers, slots, rejected_while_idle: rejected } = live;
  return (
    <>
      <BigFigures
        figures={[
          {
            name: "Workers",
            value: workers === null ? `fewer than ${live.group_min}` : formatCount(workers),
          },
          { name: "Slots busy", value: told(slots === null ? null : slots.busy) },
          { name: "Slots free", value: told(slots === null ? null : Math.max(0, slots.all - slots.busy)) },
          { name: "Waiting", value: told(live.waiting) },
          { name: "Tokens per second", value: told(live.tokens_per_second) },
          { name: "Jobs per minute", value: told(live.jobs_per_minute) },
          { name: "Rejected while idle, 1 h", value: formatCount(rejected) },
        ]}
      />
      {workers === null ? (
        <p>
          There are fewer than {live.group_min} workers. Nothing of so few is told, because it would tell of
          one person’s machine.
        </p>
      ) : null}
      {rejected === 0 ? null : (
        <Banner tone="bad">
          Requests were rejected although a worker was idle for them. This must be 0: it is a fault of the
          network.
        </Banner>
      )}
    </>
  );
}

/** The frames of the stream. Figures that are polled in its place tell no models apart, and are not woven. */
function useStreamed({ state, frames }: LiveFeed): readonly LiveFrame[] {
  const [streamed, setStreamed] = useState(frames);
  if (state === "live" && streamed !== frames) setStreamed(frames);
  return streamed;
}

function isLost({ state }: LiveFeed): boolean {
  return state === "reconnecting" || state === "polling";
}

function WeaveState({ feed, frames }: { readonly feed: LiveFeed; readonly frames: readonly LiveFrame[] }) {
  const last = frames.at(-1);
  const isStopped = isLost(feed);
  if (last === undefined && !isStopped) return <Loading what="the last minute" lines={6} />;
  return (
    <>
      {isStopped ? (
        <Banner tone="warn">
          <strong>The band has stopped.</strong> Nothing has come since{" "}
          {formatClock(last === undefined ? feed.since : Date.parse(last.at))} UTC.{" "}
          {feed.state === "polling"
            ? "The figures below are asked for every 5 s meanwhile."
            : "The connection is tried again by itself."}
        </Banner>
      ) : null}
      <Weave frames={frames} isStopped={isStopped} />
      {!isStopped && last?.totals?.workers === 0 ? (
        <Empty title="No worker is here yet">
          <p>The band is woven by machines like yours. One command lets it join:</p>
          <StartWorker />
        </Empty>
      ) : null}
    </>
  );
}

const HARDWARE_COLUMNS: readonly Column<Hardware>[] = [
  { id: "class", title: "Hardware", cell: (row) => hardwareName(row.class) },
  { id: "workers", title: "Workers", isNumber: true, cell: ({ workers }) => formatCount(workers) },
  { id: "slots", title: "Slots", isNumber: true, cell: ({ slots }) => formatCount(slots) },
  { id: "busy", title: "Busy", isNumber: true, cell: ({ busy }) => formatCount(busy) },
  {
    id: "free",
    title: "Free",
    isNumber: true,
    cell: ({ slots, busy }) => formatCount(Math.max(0, slots - busy)),
  },
];

function HardwareRows({ live: { hardware, group_min: groupMin } }: { readonly live: Live }) {
  return (
    <>
      {hardware.length === 0 ? (
        <p>No class of hardware has {groupMin > 1 ? `${groupMin} workers` : "a worker"} now.</p>
      ) : (
        <Table
          caption="Workers and slots by hardware"
          columns={HARDWARE_COLUMNS}
          rows={hardware}
          rowKey={(row) => row.class}
        />
      )}
      {groupMin > 1 ? (
        <p>
          “{hardwareName("other")}” also has the classes with fewer than {groupMin} workers.
        </p>
      ) : null}
    </>
  );
}

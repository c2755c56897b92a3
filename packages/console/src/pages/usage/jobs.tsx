import type { Job } from "@flockollamas/sdk";
import { ApiError } from "../../data/api-error.js";
import { useOwnAsked } from "../../data/asked.js";
import { useFilter } from "../../data/filters.js";
import { checkWords } from "../../format/check.js";
import { counted } from "../../format/count.js";
import { formatDuration } from "../../format/duration.js";
import { Amount } from "../../ui/amount.js";
import { Badge, type Tone } from "../../ui/badge.js";
import { Button } from "../../ui/button.js";
import { Copyable } from "../../ui/copyable.js";
import { Empty, Failed, Loading } from "../../ui/states.js";
import { type Column, Table } from "../../ui/table.js";
import { Time } from "../../ui/time.js";
import styles from "./usage.module.css";

const SHOWN = 100;
const TONES: Readonly<Record<Job["state"], Tone>> = {
  running: "info",
  completed: "ok",
  failed: "bad",
  cancelled: "plain",
  unknown: "plain",
};

/** The jobs of the last 24 hours, or the one that the URL names, each with what became of it. */
export function Jobs() {
  const [id, setId] = useFilter<string>("job", "");
  const { data, error, refetch } = useOwnAsked(
    ["jobs", id],
    async (flock, signal) =>
      id === ""
        ? (await flock.jobs.list().page({ limit: SHOWN }, { signal })).rows
        : [await flock.jobs.get(id, { signal })],
    { every: 10_000 },
  );
  const isGone = error instanceof ApiError && error.status === 404;
  return (
    <div className={styles["stack"]}>
      {id === "" ? null : (
        <Button look="quiet" onClick={() => setId("")}>
          All jobs of the last 24 hours
        </Button>
      )}
      {isGone ? (
        <Empty title="This job is told of no more">
          <p>Stories of jobs are kept for a day. What it cost stands in the statement.</p>
        </Empty>
      ) : null}
      {error === null || isGone ? null : (
        <Failed what="The jobs cannot be read" error={error} onRetry={() => void refetch()} />
      )}
      {data === undefined && error === null ? <Loading what="your jobs" lines={5} /> : null}
      {data === undefined || isGone ? null : <Rows jobs={data} />}
    </div>
  );
}

function Rows({ jobs }: { readonly jobs: readonly Job[] }) {
  return jobs.length === 0 ? (
    <Empty title="No job in the last 24 hours">
      <p>Each question to a model is a job. It stands here for a day, with its story.</p>
    </Empty>
  ) : (
    <Table
      caption={`Jobs of the last 24 hours, the newest ${SHOWN} at most`}
      columns={COLUMNS}
      rows={jobs}
      rowKey={({ id }) => id}
    />
  );
}

const COLUMNS: readonly Column<Job>[] = [
  { id: "model", title: "Model", cell: ({ model }) => <span className={styles["anyName"]}>{model}</span> },
  { id: "began", title: "Began", cell: ({ createdAt }) => <Time at={createdAt} /> },
  { id: "state", title: "State", cell: ({ state }) => <Badge tone={TONES[state]}>{state}</Badge> },
  { id: "charge", title: "Cost", isNumber: true, cell: ({ chargeMicro }) => <Amount micro={chargeMicro} /> },
  { id: "story", title: "Story", cell: (job) => <span className={styles["story"]}>{storyOf(job)}</span> },
  { id: "id", title: "Job", cell: ({ id }) => <Copyable text={id} what="the id of the job" /> },
];

/** Its way in a sentence: how long it waited, what it made, and what went wrong on the way. */
function storyOf(job: Job): string {
  const { timingMs, promptTokens, completionTokens, workers, resumes, errorCode, doneReason } = job;
  const parts = [
    `waited ${formatDuration(timingMs.queue + timingMs.claim)}`,
    `${counted(promptTokens, "token")} in, ${counted(completionTokens, "token")} out in ${formatDuration(timingMs.total)}`,
    workers.length > 1 ? `${workers.length} workers` : null,
    resumes > 0 ? `resumed ${counted(resumes, "time")}` : null,
    doneReason === "length" ? "cut at its limit" : null,
    errorCode === null ? null : `ended with ${errorCode}`,
    job.check === null ? null : checkWords(job.check),
  ];
  return parts.filter((part) => part !== null).join(" · ");
}

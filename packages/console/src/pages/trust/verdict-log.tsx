import type { Page, WorkerVerdict } from "@flockollamas/sdk";
import { useInfiniteQuery } from "@tanstack/react-query";
import { ask } from "../../data/client.js";
import { formatCount } from "../../format/count.js";
import { Amount } from "../../ui/amount.js";
import { Badge, type Tone } from "../../ui/badge.js";
import { Button, buttonClass } from "../../ui/button.js";
import { Copyable } from "../../ui/copyable.js";
import { Row } from "../../ui/layout.js";
import { QueryPanel } from "../../ui/query-panel.js";
import { Empty } from "../../ui/states.js";
import { Time } from "../../ui/time.js";
import { RecomputeHere } from "./recompute-here.js";
import styles from "./trust.module.css";

const SHOWN = 25;
const TONES: Readonly<Record<WorkerVerdict["kind"], Tone>> = {
  quarantine: "info",
  release: "ok",
  conviction: "bad",
  unknown: "plain",
};
const STATES: Readonly<Record<WorkerVerdict["state"], string>> = {
  final: "final",
  appealable: "can be appealed",
  due: "being carried out",
  overturned: "overturned",
  unknown: "state not known",
};

/** Every verdict, with its evidence. Hashes and numbers alone: nothing of a prompt or an answer. */
export function VerdictLog() {
  const query = useInfiniteQuery({
    queryKey: ["open", "verdicts"],
    queryFn: ({ pageParam, signal }): Promise<Page<WorkerVerdict>> =>
      ask((flock) =>
        flock.trust
          .verdicts()
          .page({ limit: SHOWN, ...(pageParam === "" ? {} : { cursor: pageParam }) }, { signal }),
      ),
    initialPageParam: "",
    getNextPageParam: ({ nextCursor }) => nextCursor,
  });
  return (
    <QueryPanel title="Verdicts" what="the verdicts" query={query} lines={4}>
      {({ pages }) => {
        const verdicts = pages.flatMap(({ rows }) => rows);
        return verdicts.length === 0 ? (
          <Empty title="No verdict yet">
            <p>When a worker is quarantined, released or convicted, it stands here with all its evidence.</p>
          </Empty>
        ) : (
          <>
            <ul aria-label="Verdicts, the newest first" className={styles["verdicts"]}>
              {verdicts.map((verdict) => (
                <Verdict key={verdict.id} verdict={verdict} />
              ))}
            </ul>
            {query.hasNextPage ? (
              <Button disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
                Older verdicts
              </Button>
            ) : null}
          </>
        );
      }}
    </QueryPanel>
  );
}

function Verdict({ verdict }: { readonly verdict: WorkerVerdict }) {
  const { id, kind, state, worker, workerId, model, reachedAt, appealUntil, jobs, ruling } = verdict;
  const isOver = state === "overturned";
  return (
    <li>
      <Row>
        <Badge tone={isOver ? "plain" : TONES[kind]}>{isOver ? `${kind}, overturned` : kind}</Badge>
        <strong className={styles["anyName"]}>
          {workerId === null ? worker : <Copyable text={workerId} what="the worker’s wallet" />}
        </strong>
        <span className={styles["anyName"]}>{model}</span>
        <Time at={reachedAt} none="time not known" />
      </Row>
      <p className={styles["note"]}>
        By {jobs} checked jobs, evidence {evidenceWords(verdict.logEvidenceMilli)};{" "}
        {isOver ? "its consequences are dropped" : STATES[state]}
        {state === "appealable" && appealUntil !== null ? (
          <>
            {" "}
            until <Time at={appealUntil} />
          </>
        ) : null}
        .
      </p>
      <Consequences verdict={verdict} />
      {ruling === null ? null : <p className={styles["note"]}>On appeal: “{ruling}”.</p>}
      <Row>
        <a
          className={buttonClass("plain")}
          href={`/flock/v1/trust/verdicts/${encodeURIComponent(id)}/evidence`}
          download={`verdict-${id}.json`}
        >
          Download evidence{" "}
          <span className="only-heard">
            of the {kind} of {worker}
          </span>
        </a>
        <RecomputeHere id={id} kind={kind} worker={worker} />
      </Row>
    </li>
  );
}

/** How many times likelier a cheat has these answers than an honest worker. */
function evidenceWords(logMilli: number): string {
  return logMilli < 0 ? "below 1" : formatCount(Number(Math.exp(logMilli / 1_000).toPrecision(2)));
}

function Consequences({
  verdict: { clawedBackMicro, slashedMicro, compensatedMicro },
}: {
  readonly verdict: WorkerVerdict;
}) {
  if (clawedBackMicro === 0n && slashedMicro === 0n && compensatedMicro === 0n) return null;
  return (
    <p className={styles["note"]}>
      Taken back <Amount micro={clawedBackMicro} />, of its stake <Amount micro={slashedMicro} />, given to
      clients <Amount micro={compensatedMicro} />.
    </p>
  );
}

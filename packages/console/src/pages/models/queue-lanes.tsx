import { Link } from "wouter";
import { counted } from "../../format/count.js";
import { formatDuration } from "../../format/duration.js";
import { Panel } from "../../ui/panel.js";
import { AsOf } from "../../ui/states.js";
import { type Lane, lanesOf } from "./lanes.js";
import { type Model, type ModelList, pathOfModel } from "./model.js";
import { slotsWords, waitWords } from "./model-words.js";
import styles from "./models.module.css";

/** For each model its waiting requests before a gate, its slots behind it, and below how long requests waited. */
export function QueueLanes({ list }: { readonly list: ModelList }) {
  const { lanes, perBlock, perSlot, waitMaxMs } = lanesOf(list.models);
  return (
    <Panel title="Queues now" aside={<AsOf at={Date.parse(list.as_of)} />}>
      {lanes.length === 0 ? (
        <p className={styles["finding"]}>
          {list.group_min > 1
            ? `Each model has fewer than ${list.group_min} workers now, so their queues are not told.`
            : "Nothing is known of queues now."}
        </p>
      ) : (
        <figure className={styles["figure"]}>
          <figcaption className={styles["finding"]}>{findingOf(list.models)}</figcaption>
          <ul className={styles["lanes"]} aria-label="Queues of models">
            {lanes.map((lane) => (
              <LaneItem key={lane.model.name} lane={lane} />
            ))}
          </ul>
          {waitMaxMs === null ? null : (
            <div className={styles["scale"]} aria-hidden="true">
              <span>
                <span>{formatDuration(waitMaxMs)}</span>
                <span>{formatDuration(waitMaxMs / 2)}</span>
                <span>0</span>
              </span>
            </div>
          )}
          <Legend perBlock={perBlock} perSlot={perSlot} />
        </figure>
      )}
    </Panel>
  );
}

function LaneItem({ lane: { model, blocks, busy, free, wait } }: { readonly lane: Lane }) {
  return (
    <li>
      <div className={styles["head"]}>
        <Link to={pathOfModel(model.name)}>{model.name}</Link>
        <span>
          {model.waiting === null ? "waiting unknown" : `${model.waiting} waiting`} · {slotsWords(model)} ·{" "}
          {model.wait_ms === null ? "wait unknown" : `wait ${waitWords(model)}, of ${model.wait_ms.n}`}
        </span>
      </div>
      <div className={styles["lane"]} aria-hidden="true">
        <div>
          <div className={styles["queue"]}>
            {places(blocks).map((place) => (
              <i key={place} className={styles["block"]} />
            ))}
          </div>
          <div className={styles["wait"]}>
            {wait === null ? null : (
              <i
                className={styles["range"]}
                style={{ right: `${wait.from * 100}%`, width: `${(wait.to - wait.from) * 100}%` }}
              />
            )}
          </div>
        </div>
        <i className={styles["gate"]} />
        <div className={styles["slots"]}>
          {places(busy + free).map((place) => (
            <i key={place} className={styles["slot"]} data-busy={place < busy} />
          ))}
        </div>
      </div>
    </li>
  );
}

function Legend({ perBlock, perSlot }: { readonly perBlock: number; readonly perSlot: number }) {
  return (
    <ul className={styles["legend"]} aria-label="What is drawn">
      <li>
        <i className={styles["block"]} /> {counted(perBlock, "request")} that{" "}
        {perBlock === 1 ? "waits" : "wait"}
      </li>
      <li>
        <i className={styles["slot"]} data-busy="true" /> {counted(perSlot, "busy slot")}
      </li>
      <li>
        <i className={styles["slot"]} /> {counted(perSlot, "free slot")}
      </li>
      <li>
        <i className={styles["range"]} /> wait of half to nine of ten requests, last 30 minutes
      </li>
    </ul>
  );
}

function findingOf(models: readonly Model[]): string {
  const waiting = models.reduce((sum, model) => sum + (model.waiting ?? 0), 0);
  const ready = models.filter(({ is_available }) => is_available).length;
  const usable = `${counted(ready, "model")} can be used now`;
  if (waiting === 0) return `${usable}, and no request is known to wait.`;
  const [longest] = [...models].sort((a, b) => (b.waiting ?? 0) - (a.waiting ?? 0));
  return `${usable}. ${counted(waiting, "request waits", "requests wait")}, most of all for ${longest?.name ?? ""}.`;
}

function places(count: number): number[] {
  return Array.from({ length: count }, (_, place) => place);
}

import type { Trust } from "@flockollamas/sdk";
import { useId } from "react";
import { SeriesPatterns, Swatch } from "../../charts/series.js";
import { counted, formatCount } from "../../format/count.js";
import { Zero } from "../../ui/states.js";
import styles from "./trust.module.css";

/** The workers by standing, as one bar. A suspicion is no fault: no part of it is red. */
export function Standings({ workers }: { readonly workers: Trust["workers"] }) {
  const id = useId();
  const all = workers.reduce((sum, each) => sum + each.workers, 0);
  if (all === 0) return <Zero what="workers have had a job that was checked" />;
  const starts = workers.map((_, index) =>
    workers.slice(0, index).reduce((sum, each) => sum + each.workers, 0),
  );
  const share = (count: number) => (count / all) * 1_000;
  return (
    <div className={styles["stack"]}>
      <p>{findingOf(workers, all)}</p>
      <svg className={styles["bar"]} viewBox="0 0 1000 20" preserveAspectRatio="none" aria-hidden="true">
        <SeriesPatterns id={id} count={workers.length} />
        {workers.map((each, index) =>
          each.workers === 0 ? null : (
            <rect
              key={each.state}
              x={share(starts[index] ?? 0)}
              width={Math.max(2, share(each.workers) - 1)}
              height="20"
              fill={`url(#${id}-${index})`}
            />
          ),
        )}
      </svg>
      <ul className={styles["parts"]} aria-label="Workers by standing">
        {workers.map((each, index) => (
          <li key={each.state}>
            <Swatch id={id} index={index} />
            {each.state} {formatCount(each.workers)}
          </li>
        ))}
      </ul>
    </div>
  );
}

function findingOf(workers: Trust["workers"], all: number): string {
  const of = (state: string) => workers.find((each) => each.state === state)?.workers ?? 0;
  const out = of("quarantined") + of("convicted");
  const rest = out === 0 ? "None is kept from clients’ jobs." : `${formatCount(out)} get no client’s job.`;
  return `${formatCount(of("proven"))} of ${counted(all, "worker")} are proven. ${rest}`;
}

import { formatDuration } from "../../format/duration.js";
import { formatUtc } from "../../format/time.js";
import { Badge } from "../../ui/badge.js";
import { Row } from "../../ui/layout.js";
import type { Incident } from "./status.js";
import styles from "./status.module.css";

export function Incidents({ incidents }: { readonly incidents: readonly Incident[] }) {
  return (
    <ul aria-label="Incidents, the newest first" className={styles["incidents"]}>
      {incidents.map((incident) => (
        <li key={incident.id}>
          <Row>
            <strong>{incident.service}</strong>
            {incident.ended_at === null ? <Badge tone="bad">goes on</Badge> : <Badge>over</Badge>}
          </Row>
          <p className={styles["times"]}>{timesOf(incident)}</p>
          <p>{incident.effect}</p>
          <p className={styles["times"]}>
            {incident.done === null ? "What was done is not written yet." : `What was done: ${incident.done}`}
          </p>
        </li>
      ))}
    </ul>
  );
}

function timesOf({ began_at: began, ended_at: ended }: Incident): string {
  const from = formatUtc(Date.parse(began));
  if (ended === null) return `Since ${from}`;
  return `${from}, for ${formatDuration(Date.parse(ended) - Date.parse(began))}`;
}

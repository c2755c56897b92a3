import { Badge, type Tone } from "../../ui/badge.js";
import { Empty } from "../../ui/states.js";
import { type Column, Table } from "../../ui/table.js";
import { Time } from "../../ui/time.js";
import type { Service, ServiceState } from "./status.js";

const TONES: Record<ServiceState, Tone> = { ok: "ok", degraded: "warn", down: "bad", unknown: "plain" };

export function Services({
  services,
  isStale,
}: {
  readonly services: readonly Service[];
  readonly isStale: boolean;
}) {
  return services.length === 0 ? (
    <Empty title="No service has been seen yet">
      <p>Each service stands here once somebody has looked, some seconds after it starts.</p>
    </Empty>
  ) : (
    <Table
      caption="Services and their state"
      columns={columnsOf(isStale)}
      rows={services}
      rowKey={({ name }) => name}
    />
  );
}

/** A state that may be over has no colour, and stands in the past tense. */
function columnsOf(isStale: boolean): readonly Column<Service>[] {
  return [
    { id: "name", title: "Service", cell: ({ name }) => name },
    {
      id: "state",
      title: "State",
      cell: ({ state, note }) => (
        <>
          <Badge tone={isStale ? "plain" : (TONES[state] ?? "plain")}>
            {isStale ? `was ${state}` : state}
          </Badge>{" "}
          {note}
        </>
      ),
    },
    {
      id: "instances",
      title: "Instances",
      isNumber: true,
      cell: ({ instances }) => (instances === null ? "not known" : instances),
    },
    { id: "since", title: "Since", cell: ({ since }) => <Time at={since} none="not known" /> },
  ];
}

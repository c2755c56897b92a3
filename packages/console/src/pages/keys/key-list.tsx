import type { ApiKey } from "@flockollamas/sdk";
import { useState } from "react";
import { Sparkline } from "../../charts/sparkline.js";
import { useNow } from "../../data/clock.js";
import { Amount } from "../../ui/amount.js";
import { Badge } from "../../ui/badge.js";
import { Button } from "../../ui/button.js";
import { Fold } from "../../ui/fold.js";
import { type Column, Table } from "../../ui/table.js";
import { Time } from "../../ui/time.js";
import { courseWords } from "./key-spend.js";
import styles from "./keys.module.css";
import { RevokeKey } from "./revoke-key.js";
import { rightsWords } from "./rights-words.js";

/** The spend of each key by day; `null` while it is not known. */
type Spend = ReadonlyMap<string, readonly number[]> | null;

export function KeyList({ keys, spend }: { readonly keys: readonly ApiKey[]; readonly spend: Spend }) {
  const now = useNow();
  const [revoked, setRevoked] = useState<ApiKey | null>(null);
  const isLive = ({ revokedAt, expiresAt }: ApiKey) =>
    revokedAt === null && (expiresAt === null || Date.parse(expiresAt) > now);
  const live = keys.filter(isLive);
  const ended = keys.filter((key) => !isLive(key));
  return (
    <div className={styles["list"]}>
      {live.length === 0 ? (
        <p>No key is in force.</p>
      ) : (
        <Table
          caption="Keys in force"
          columns={columnsOf(spend, setRevoked)}
          rows={live}
          rowKey={({ id }) => id}
        />
      )}
      {ended.length === 0 ? null : (
        <Fold title={`Ended keys (${ended.length})`}>
          <Table caption="Ended keys" columns={ENDED} rows={ended} rowKey={({ id }) => id} />
        </Fold>
      )}
      <RevokeKey apiKey={revoked} onClose={() => setRevoked(null)} />
    </div>
  );
}

function columnsOf(spend: Spend, onRevoke: (key: ApiKey) => void): readonly Column<ApiKey>[] {
  return [
    { id: "label", title: "Key", cell: (key) => <Name apiKey={key} /> },
    { id: "used", title: "Last used", cell: (key) => <Used apiKey={key} /> },
    {
      id: "spend",
      title: "Spent, 30 days",
      isNumber: true,
      cell: ({ id, charge30DaysMicro }) => (
        <span className={styles["spend"]}>
          <Amount micro={charge30DaysMicro} />
          {spend === null ? null : <Course days={spend.get(id) ?? NO_SPEND} />}
        </span>
      ),
    },
    { id: "rights", title: "Rights", cell: (key) => <Rights apiKey={key} /> },
    {
      id: "revoke",
      title: "End it",
      cell: (key) => (
        <Button look="danger" aria-label={`Revoke ${nameOf(key)}`} onClick={() => onRevoke(key)}>
          Revoke
        </Button>
      ),
    },
  ];
}

const NO_SPEND: readonly number[] = [0, 0];

function Course({ days }: { readonly days: readonly number[] }) {
  return <Sparkline values={days} label={courseWords(days)} />;
}

function nameOf({ label, prefix, id }: ApiKey): string {
  return label || prefix || id;
}

function Name({ apiKey }: { readonly apiKey: ApiKey }) {
  return (
    <span className={styles["name"]}>
      <span>{apiKey.label || "without a label"}</span>
      <code>{apiKey.prefix === null ? apiKey.id : `${apiKey.prefix}…`}</code>
    </span>
  );
}

function Used({ apiKey: { lastUsedAt, createdAt } }: { readonly apiKey: ApiKey }) {
  return (
    <span className={styles["used"]}>
      <span>
        <Time at={lastUsedAt} none="never" />
      </span>
      <span>
        made <Time at={createdAt} none="at a time that is not known" />
      </span>
    </span>
  );
}

function Rights({ apiKey }: { readonly apiKey: ApiKey }) {
  return (
    <ul className={styles["rights"]}>
      {rightsWords(apiKey).map((words) => (
        <li key={words}>{words}</li>
      ))}
    </ul>
  );
}

const ENDED: readonly Column<ApiKey>[] = [
  { id: "label", title: "Key", cell: (key) => <Name apiKey={key} /> },
  {
    id: "state",
    title: "State",
    cell: ({ revokedAt }) =>
      revokedAt === null ? <Badge tone="warn">expired</Badge> : <Badge tone="plain">revoked</Badge>,
  },
  { id: "end", title: "Ended", cell: ({ revokedAt, expiresAt }) => <Time at={revokedAt ?? expiresAt} /> },
  {
    id: "spend",
    title: "Spent, 30 days",
    isNumber: true,
    cell: ({ charge30DaysMicro }) => <Amount micro={charge30DaysMicro} />,
  },
];

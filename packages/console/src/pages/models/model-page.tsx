import { Link } from "wouter";
import { Lines } from "../../charts/lines.js";
import { ApiError } from "../../data/api-error.js";
import { useFilter } from "../../data/filters.js";
import { useOpen } from "../../data/queries.js";
import { counted } from "../../format/count.js";
import { hardwareName } from "../../format/hardware.js";
import { formatClock } from "../../format/time.js";
import { Badge } from "../../ui/badge.js";
import { LinkButton } from "../../ui/button.js";
import { Copyable } from "../../ui/copyable.js";
import { BigFigures, Columns, Row } from "../../ui/layout.js";
import { PageBody, PageHeading } from "../../ui/page-heading.js";
import { Panel } from "../../ui/panel.js";
import { QueryPanel } from "../../ui/query-panel.js";
import { Empty } from "../../ui/states.js";
import { Table } from "../../ui/table.js";
import { Tabs } from "../../ui/tabs.js";
import { Availability } from "./availability.js";
import { commandsFor } from "./commands.js";
import { Measured } from "./measured.js";
import type { ModelInDetail } from "./model.js";
import {
  contextWords,
  firstTokenWords,
  pricePerThousand,
  slotsWords,
  speedWords,
  waitingWords,
  waitWords,
} from "./model-words.js";
import styles from "./models.module.css";

export function ModelPage({ name }: { readonly name: string }) {
  const query = useOpen<{ readonly model: ModelInDetail }>(`/flock/v1/models/${encodeURIComponent(name)}`, {
    every: 5_000,
  });
  const isAbsent = query.error instanceof ApiError && query.error.status === 404;
  const model = query.data?.model;
  return (
    <PageBody>
      <PageHeading
        title={name}
        question={<Link to="/models">All models</Link>}
        {...(model === undefined || query.error !== null ? {} : { aside: <Availability model={model} /> })}
      />
      {isAbsent ? (
        <Empty
          title="No worker has this model at the moment"
          action={<LinkButton to="/models">To the models that can be used</LinkButton>}
        >
          <p>It is here again when one offers it. You can ask for it under exactly this name.</p>
        </Empty>
      ) : (
        <>
          <QueryPanel title="How it does" what="the model" query={query}>
            {(data) => <Figures model={data.model} />}
          </QueryPanel>
          {model === undefined ? null : <Hours hours={model.hours} />}
          <Commands name={name} capabilities={model?.capabilities ?? []} />
          {model === undefined ? null : (
            <Columns>
              <Hardware hardware={model.hardware} />
              <Facts model={model} />
            </Columns>
          )}
        </>
      )}
    </PageBody>
  );
}

function Figures({ model }: { readonly model: ModelInDetail }) {
  return (
    <>
      <BigFigures
        figures={[
          { name: "1,000 tokens of a prompt", value: pricePerThousand(model.prompt_price_micro) },
          { name: "1,000 tokens of an answer", value: pricePerThousand(model.completion_price_micro) },
          { name: "Waiting now", value: waitingWords(model) },
          { name: "Wait", value: waitWords(model) },
        ]}
      />
      <dl className={styles["facts"]}>
        <div>
          <dt>Workers</dt>
          <dd>
            {model.workers === null
              ? "too few to tell"
              : `${counted(model.workers.all, "worker")}, ${model.workers.warm} of them with the model in memory`}
            , {slotsWords(model)}
          </dd>
        </div>
        <div>
          <dt>Tokens of an answer</dt>
          <dd>
            <Measured spread={model.tokens_per_second} words={speedWords} />
          </dd>
        </div>
        <div>
          <dt>First token</dt>
          <dd>
            <Measured spread={model.first_token_ms} words={firstTokenWords} />
          </dd>
        </div>
      </dl>
      <p className={styles["note"]}>
        Measured in the last 30 minutes: half of the answers had at most the first figure, nine of ten at most
        the second.
      </p>
    </>
  );
}

function Hours({ hours }: Pick<ModelInDetail, "hours">) {
  const last = hours.at(-1);
  if (last === undefined)
    return (
      <Panel title="Last 24 hours">
        <Empty title="Too few answers were measured">
          <p>Speed and wait stand here, hour by hour, once enough requests have been answered.</p>
        </Empty>
      </Panel>
    );
  const labels = hours.map(({ at }) => formatClock(Date.parse(at)).slice(0, 5));
  const speeds = hours.flatMap(({ tokens_per_second: speed }) => (speed === null ? [] : [speed]));
  const range =
    speeds.length === 0
      ? "How fast it was is not known."
      : `Between ${speedWords(Math.min(...speeds))} and ${speedWords(Math.max(...speeds))}, by the median of each hour.`;
  return (
    <Panel title="Last 24 hours" aside="hours in UTC; those of which too little is known are left out">
      <Columns>
        <Lines
          label="Tokens per second"
          finding={range}
          labels={labels}
          series={[{ name: "tokens per second", values: hours.map((hour) => hour.tokens_per_second) }]}
          format={speedWords}
        />
        <Lines
          label="Time to the first token"
          finding="Time to the first token, and the part of it that was waiting for a worker."
          labels={labels}
          series={[
            { name: "first token", values: hours.map((hour) => hour.first_token_ms) },
            { name: "wait", values: hours.map((hour) => hour.wait_ms) },
          ]}
          format={firstTokenWords}
        />
      </Columns>
    </Panel>
  );
}

function Commands({
  name,
  capabilities,
}: {
  readonly name: string;
  readonly capabilities: readonly string[];
}) {
  const [by, setBy] = useFilter<string>("with", "curl", { replace: true });
  const commands = commandsFor(name, capabilities, location.origin);
  const open = commands.some(({ id }) => id === by) ? by : "curl";
  return (
    <Panel title="Use it">
      <p className={styles["note"]}>
        The commands read your API key from the variable FLOCK_API_KEY. <Link to="/keys">Keys</Link> makes
        one.
      </p>
      <Tabs
        label="Ways to ask"
        value={open}
        onChange={setBy}
        tabs={commands.map(({ id, title, text }) => ({
          id,
          title,
          content: (
            <div className={styles["code"]}>
              <Copyable text={text} what={`the ${title} command`} look="block" />
            </div>
          ),
        }))}
      />
    </Panel>
  );
}

function Hardware({ hardware }: Pick<ModelInDetail, "hardware">) {
  return (
    <Panel title="What it runs on">
      {hardware === null || hardware.length === 0 ? (
        <p className={styles["note"]}>Its workers are too few to tell them apart.</p>
      ) : (
        <Table
          caption="Workers by class of hardware"
          columns={[
            { id: "class", title: "Hardware", cell: (row) => hardwareName(row.class) },
            { id: "workers", title: "Workers", cell: (row) => row.workers, isNumber: true },
          ]}
          rows={hardware}
          rowKey={(row) => row.class}
        />
      )}
    </Panel>
  );
}

function Facts({ model }: { readonly model: ModelInDetail }) {
  return (
    <Panel title="What it is">
      <dl className={styles["facts"]}>
        <div>
          <dt>Can do</dt>
          <dd>
            <Row>
              {model.capabilities.map((each) => (
                <Badge key={each}>{each}</Badge>
              ))}
            </Row>
          </dd>
        </div>
        <div>
          <dt>Context</dt>
          <dd>{model.context_length === null ? "unknown" : `${contextWords(model)} tokens`}</dd>
        </div>
        <div>
          <dt>Answers checked</dt>
          <dd>{model.is_checked ? "yes, a verifier samples them" : "no verifier checks this model"}</dd>
        </div>
        <div>
          <dt>Digest</dt>
          <dd>
            <Copyable text={model.digest} what="the digest" look="whole" />
          </dd>
        </div>
      </dl>
    </Panel>
  );
}

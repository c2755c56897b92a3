import type { ReactNode } from "react";
import { Link, useSearchParams } from "wouter";
import { useFilter } from "../../data/filters.js";
import { counted } from "../../format/count.js";
import { formatClock } from "../../format/time.js";
import { Badge, Banner } from "../../ui/badge.js";
import { Button } from "../../ui/button.js";
import { Field, SelectField } from "../../ui/field.js";
import { Row } from "../../ui/layout.js";
import { Empty } from "../../ui/states.js";
import { type Column, Table } from "../../ui/table.js";
import { Availability } from "./availability.js";
import { chosenModels, isSort, SORTS } from "./chosen-models.js";
import { Measured, TwoLines } from "./measured.js";
import { type Model, type ModelList, pathOfModel } from "./model.js";
import {
  contextWords,
  firstTokenWords,
  pricePerThousand,
  sampleWords,
  speedWords,
  waitingWords,
  waitWords,
  workersWords,
} from "./model-words.js";
import styles from "./models.module.css";

/** @param staleSince When the figures were last known; `null`: they are fresh. */
export function ModelTable({
  list,
  staleSince,
}: {
  readonly list: ModelList;
  readonly staleSince: number | null;
}) {
  const [sought, setSought] = useFilter<string>("q", "", { replace: true });
  const [can, setCan] = useFilter<string>("can", "");
  const [warm, setWarm] = useFilter<string>("warm", "");
  const [order, setOrder] = useFilter<string>("sort", "soon");
  const [, setParameters] = useSearchParams();
  const sort = isSort(order) ? order : "soon";
  const chosen = chosenModels(list.models, { sought, can, isWarmOnly: warm === "only", sort });
  const capabilities = [...new Set(list.models.flatMap((model) => model.capabilities))].sort();
  return (
    <>
      <search className={styles["filters"]} aria-label="Choose among the models">
        <Field
          label="Name"
          type="search"
          placeholder="llama"
          value={sought}
          onChange={(event) => setSought(event.target.value)}
        />
        <SelectField label="Can do" value={can} onChange={(event) => setCan(event.target.value)}>
          <option value="">anything</option>
          {capabilities.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </SelectField>
        <SelectField label="Workers" value={warm} onChange={(event) => setWarm(event.target.value)}>
          <option value="">all</option>
          <option value="only">in memory somewhere</option>
        </SelectField>
        <SelectField label="Order" value={sort} onChange={(event) => setOrder(event.target.value)}>
          {Object.entries(SORTS).map(([each, words]) => (
            <option key={each} value={each}>
              {words}
            </option>
          ))}
        </SelectField>
      </search>
      {staleSince === null ? null : (
        <Banner tone="warn">
          Names and prices are of {formatClock(staleSince)} UTC. How the models do is not known since then.
        </Banner>
      )}
      <p role="status" className={styles["count"]}>
        {chosen.length === list.models.length
          ? counted(chosen.length, "model")
          : `${chosen.length} of ${counted(list.models.length, "model")}`}
      </p>
      {chosen.length === 0 ? (
        <Empty
          title="No model is left"
          action={
            <Row>
              <Button
                onClick={() =>
                  setParameters((before) => {
                    const after = new URLSearchParams(before);
                    for (const filter of ["q", "can", "warm"]) after.delete(filter);
                    return after;
                  })
                }
              >
                Show all models
              </Button>
            </Row>
          }
        >
          <p>None has all that the filters ask for.</p>
        </Empty>
      ) : (
        <Table
          caption="Models, their prices and how they do"
          columns={columnsOf(list.group_min, staleSince !== null)}
          rows={chosen}
          rowKey={({ name }) => name}
        />
      )}
      <p className={styles["note"]}>
        Speed, first token and wait are of the last 30 minutes: half of the answers had at most the first
        figure, nine of ten at most the second.
        {list.group_min > 1
          ? ` Figures of fewer than ${list.group_min} workers or answers are not told, so that nobody can be made out.`
          : ""}
      </p>
    </>
  );
}

function columnsOf(groupMin: number, isStale: boolean): readonly Column<Model>[] {
  const known = (cell: (model: Model) => ReactNode) => (model: Model) =>
    isStale ? <span className={styles["faint"]}>not known</span> : cell(model);
  return [
    { id: "name", title: "Model", cell: (model) => <Name model={model} isStale={isStale} /> },
    {
      id: "price",
      title: "1,000 tokens",
      isNumber: true,
      cell: (model) => (
        <TwoLines
          first={`${pricePerThousand(model.prompt_price_micro)} in`}
          second={`${pricePerThousand(model.completion_price_micro)} out`}
        />
      ),
    },
    { id: "context", title: "Context", isNumber: true, cell: contextWords },
    {
      id: "workers",
      title: "In memory",
      isNumber: true,
      cell: known((model) => (
        <TwoLines
          first={workersWords(model, groupMin)}
          second={model.workers?.all === 1 ? "worker" : "workers"}
        />
      )),
    },
    {
      id: "speed",
      title: "Tokens",
      isNumber: true,
      cell: known(({ tokens_per_second: speed }) => <Measured spread={speed} words={speedWords} />),
    },
    {
      id: "first",
      title: "First token",
      isNumber: true,
      cell: known(({ first_token_ms: first }) => <Measured spread={first} words={firstTokenWords} />),
    },
    { id: "waiting", title: "Waiting", isNumber: true, cell: known(waitingWords) },
    {
      id: "wait",
      title: "Wait",
      isNumber: true,
      cell: known((model) => (
        <TwoLines
          first={waitWords(model)}
          second={model.wait_ms === null ? "" : sampleWords(model.wait_ms)}
        />
      )),
    },
  ];
}

function Name({ model, isStale }: { readonly model: Model; readonly isStale: boolean }) {
  return (
    <div className={styles["name"]}>
      <Link to={pathOfModel(model.name)}>{model.name}</Link>
      <Row>
        {isStale ? null : <Availability model={model} />}
        {model.capabilities.map((each) => (
          <Badge key={each}>{each}</Badge>
        ))}
      </Row>
    </div>
  );
}

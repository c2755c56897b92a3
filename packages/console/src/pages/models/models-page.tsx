import { useLocation, useRouter } from "wouter";
import { useOpen } from "../../data/queries.js";
import { useIsStale } from "../../data/staleness.js";
import { PageBody, PageHeading } from "../../ui/page-heading.js";
import { QueryPanel } from "../../ui/query-panel.js";
import { StartWorker } from "../../ui/start-worker.js";
import { Empty } from "../../ui/states.js";
import { type ModelList, nameInPath } from "./model.js";
import { ModelPage } from "./model-page.js";
import { ModelTable } from "./model-table.js";
import { QueueLanes } from "./queue-lanes.js";

/** Three rounds without an answer; a tab that slept begins with old figures, too. */
const STALE_MS = 20_000;

export default function ModelsPage() {
  const { base } = useRouter();
  useLocation();
  // As it is in the address: the router has decoded a "%25" of its own already.
  const name = nameInPath(location.pathname.slice(`${base}/models/`.length));
  return name === "" ? <ModelsList /> : <ModelPage key={name} name={name} />;
}

function ModelsList() {
  const query = useOpen<ModelList>("/flock/v1/models", { every: 5_000 });
  const hasModels = (query.data?.models.length ?? 0) > 0;
  const isStale = useIsStale(query, STALE_MS);
  return (
    <PageBody>
      <PageHeading
        title="Models"
        question="What can you use now, for how much, and how soon does it answer?"
      />
      {hasModels && query.data !== undefined && !isStale ? <QueueLanes list={query.data} /> : null}
      <QueryPanel title="All models" what="the models" query={query} lines={8}>
        {(list) =>
          list.models.length === 0 ? (
            <Empty title="No worker serves a model now">
              <p>Each model stands here as soon as one machine offers it. Yours can be the first:</p>
              <StartWorker />
            </Empty>
          ) : (
            <ModelTable list={list} staleSince={isStale ? query.dataUpdatedAt : null} />
          )
        }
      </QueryPanel>
    </PageBody>
  );
}

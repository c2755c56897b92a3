import { Badge } from "../../ui/badge.js";
import type { Model } from "./model.js";

/** Whether a request of the model would be answered now, and how soon it begins. */
export function Availability({ model: { is_available, workers } }: { readonly model: Model }) {
  if (!is_available) return <Badge tone="warn">no worker takes jobs</Badge>;
  if (workers === null) return <Badge tone="ok">usable now</Badge>;
  return workers.warm > 0 ? <Badge tone="ok">ready now</Badge> : <Badge tone="info">has to be loaded</Badge>;
}

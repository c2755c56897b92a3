import { useFilter } from "../../data/filters.js";
import { Panel } from "../../ui/panel.js";
import { Tabs } from "../../ui/tabs.js";
import { useRules } from "./account-data.js";
import { Deposits } from "./deposits.js";
import { Jobs } from "./jobs.js";
import { Statement } from "./statement.js";
import { Withdrawals } from "./withdrawals.js";

/** What the figures above are made of; which list is open stands in the URL. */
export function Lists() {
  const [list, setList] = useFilter<string>("list", "statement");
  const rules = useRules();
  const tabs = [
    { id: "statement", title: "Statement", content: <Statement /> },
    { id: "jobs", title: "Jobs", content: <Jobs /> },
    ...(rules?.hasChain
      ? [
          { id: "deposits", title: "Deposits", content: <Deposits /> },
          { id: "withdrawals", title: "Withdrawals", content: <Withdrawals /> },
        ]
      : []),
  ];
  const open = tabs.some(({ id }) => id === list) ? list : "statement";
  return (
    <Panel title="Bookings and jobs">
      <Tabs label="Lists" value={open} onChange={setList} tabs={tabs} />
    </Panel>
  );
}

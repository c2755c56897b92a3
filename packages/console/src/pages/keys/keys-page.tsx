import { useState } from "react";
import { useOwnAsked } from "../../data/asked.js";
import { useSession } from "../../data/session.js";
import { utcDay } from "../../format/time.js";
import { SignInButton } from "../../shell/sign-in.js";
import { Button } from "../../ui/button.js";
import { PageBody, PageHeading } from "../../ui/page-heading.js";
import { Panel } from "../../ui/panel.js";
import { QueryPanel } from "../../ui/query-panel.js";
import { Empty } from "../../ui/states.js";
import { KeyList } from "./key-list.js";
import { dailySpend, SPEND_DAYS } from "./key-spend.js";
import { MakeKey } from "./make-key.js";

export default function KeysPage() {
  const session = useSession();
  const [isMaking, setIsMaking] = useState(false);
  const make =
    session === null ? undefined : (
      <Button look="main" onClick={() => setIsMaking(true)}>
        New key
      </Button>
    );
  return (
    <PageBody>
      <PageHeading title="Keys" question="Who may spend, and how do you cut it off?" aside={make} />
      {session === null ? <Visitor /> : <OwnKeys />}
      <MakeKey isOpen={isMaking} onClose={() => setIsMaking(false)} />
    </PageBody>
  );
}

function Visitor() {
  return (
    <Panel title="Your keys">
      <Empty title="Here you make keys for your programs, and end them" action={<SignInButton />}>
        <p>
          Each key has a label, budgets and limits of its own. You see when it was last used, what it spent in
          30 days, and that it ends within a second when you revoke it.
        </p>
      </Empty>
    </Panel>
  );
}

function OwnKeys() {
  const keys = useOwnAsked(["keys"], (flock, signal) => flock.keys.list({ signal }), { every: 15_000 });
  const today = utcDay(Date.now());
  const from = utcDay(Date.now() - (SPEND_DAYS - 1) * 86_400_000);
  const usage = useOwnAsked(["usage", from, today, "day,key"], (flock, signal) =>
    flock.usage.get({ from, to: today, by: ["day", "key"] }, { signal }),
  );
  const spend = usage.data === undefined ? null : dailySpend(usage.data.usage, today);
  return (
    <QueryPanel title="Your keys" what="your keys" query={keys}>
      {(found) =>
        found.length === 0 ? (
          <Empty title="You have no key yet">
            <p>
              A program shows a key to ask models in your name. Make one for each, so that you can end it.
            </p>
          </Empty>
        ) : (
          <KeyList keys={found} spend={spend} />
        )
      }
    </QueryPanel>
  );
}

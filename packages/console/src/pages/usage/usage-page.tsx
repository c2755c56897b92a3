import { useSession } from "../../data/session.js";
import { SignInButton } from "../../shell/sign-in.js";
import { UnansweredList } from "../../signing/unanswered-list.js";
import { PageBody, PageHeading } from "../../ui/page-heading.js";
import { Panel } from "../../ui/panel.js";
import { Empty } from "../../ui/states.js";
import { BalancePanel } from "./balance-panel.js";
import { Lists } from "./lists.js";
import { SpendPanel } from "./spend-panel.js";

export default function UsagePage() {
  const session = useSession();
  return (
    <PageBody>
      <PageHeading title="Usage" question="What do you have, and where did it go?" />
      {session === null ? (
        <Visitor />
      ) : (
        <>
          <UnansweredList />
          <BalancePanel />
          <SpendPanel />
          <Lists />
        </>
      )}
    </PageBody>
  );
}

function Visitor() {
  return (
    <Panel title="Your LLAMA">
      <Empty title="Here stands what you have, and what it went into" action={<SignInButton />}>
        <p>
          The balance with what is held, staked and vested; what each model and each key cost you by day;
          every booking with its running balance. You deposit, withdraw, stake and collect here. What leaves
          the account is signed by your wallet, text by text.
        </p>
      </Empty>
    </Panel>
  );
}

import { useState } from "react";
import { useNow } from "../data/clock.js";
import { Banner } from "../ui/badge.js";
import { Button } from "../ui/button.js";
import { Failed } from "../ui/states.js";
import { toast } from "../ui/toasts.js";
import { type HandedIn, handIn } from "./hand-in.js";
import { type Unanswered, useUnanswered } from "./unanswered.js";

/** What was signed and is not known to have arrived, also after a reload, each with its way on. */
export function UnansweredList() {
  const now = useNow();
  return useUnanswered()
    .filter(({ expiresAt }) => Date.parse(expiresAt) > now)
    .map((signed) => <Again key={signed.text} signed={signed} />);
}

function Again({ signed }: { readonly signed: Unanswered }) {
  const [said, setSaid] = useState<HandedIn | "asking">();
  const again = async () => {
    setSaid("asking");
    const next = await handIn(signed);
    if (next.kind === "taken") toast(`Taken: ${signed.title}.`);
    if (next.kind === "refused") toast(`Refused: ${signed.title}: ${next.error.message}`, { isBad: true });
    setSaid(next);
  };
  return (
    <Banner
      tone="warn"
      action={
        <Button disabled={said === "asking"} onClick={() => void again()}>
          Hand in the same text again
        </Button>
      }
    >
      <p>
        <b>{signed.title}</b>: signed and handed in, and no answer came. Nothing is lost: handed in again, the
        same text is done once.
      </p>
      {typeof said === "object" && said.kind === "unanswered" ? (
        <Failed what="Still no answer" error={said.error} />
      ) : null}
    </Banner>
  );
}

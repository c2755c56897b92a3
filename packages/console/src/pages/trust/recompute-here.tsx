import { useMutation } from "@tanstack/react-query";
import { Badge } from "../../ui/badge.js";
import { Button } from "../../ui/button.js";
import { Copyable } from "../../ui/copyable.js";
import { recomputeHere } from "./recompute.js";
import styles from "./trust.module.css";

const SAID = {
  verified: { tone: "ok", word: "comes out the same" },
  refuted: { tone: "bad", word: "does not come out" },
  unavailable: { tone: "warn", word: "not computed" },
} as const;

/** Computes a verdict again in this browser, and says what came out. */
export function RecomputeHere({
  id,
  kind,
  worker,
}: {
  readonly id: string;
  readonly kind: string;
  readonly worker: string;
}) {
  const { data, isPending, mutate } = useMutation({
    mutationFn: () => recomputeHere({ id, kind }),
    networkMode: "always",
  });
  return (
    <>
      <Button disabled={isPending} onClick={() => mutate()}>
        {isPending ? "Computing …" : "Recompute here"}{" "}
        <span className="only-heard">
          the {kind} of {worker}
        </span>
      </Button>
      <div role="status" className={styles["came"]}>
        {data === undefined ? null : (
          <>
            <Badge tone={SAID[data.verdict].tone}>{SAID[data.verdict].word}</Badge> {data.words}
          </>
        )}
      </div>
      <Copyable text={`flock verify verdict ${id}`} what="the command" look="whole" />
    </>
  );
}

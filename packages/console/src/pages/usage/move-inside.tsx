import type { Flock } from "@flockollamas/sdk";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { ApiError } from "../../data/api-error.js";
import { refreshOwn } from "../../data/asked.js";
import { ask } from "../../data/client.js";
import { Button } from "../../ui/button.js";
import { Dialog, DialogActions } from "../../ui/dialog.js";
import { Shortfall } from "../../ui/shortfall.js";
import { Failed } from "../../ui/states.js";
import { toast } from "../../ui/toasts.js";
import { AmountField, readAmount } from "./amount-field.js";
import styles from "./usage.module.css";

/**
 * Moves an amount within the account, by the session alone. Its id belongs to the amount and stays while no answer
 * comes: the same request again has no second effect.
 */
export function MoveInside({
  title,
  maxMicro,
  action,
  done,
  move,
  makeId,
  onClose,
  children,
}: {
  readonly title: string;
  readonly maxMicro: bigint;
  readonly action: string;
  readonly done: (micro: bigint) => string;
  readonly move: (flock: Flock, amountMicro: bigint, id: string) => Promise<unknown>;
  readonly makeId: () => string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}) {
  const [typed, setTyped] = useState("");
  const [fault, setFault] = useState<string>();
  const [id, setId] = useState(makeId);
  const moving = useMutation({
    mutationFn: (micro: bigint) => ask((flock) => move(flock, micro, id)),
    onSuccess: (_, micro) => {
      toast(done(micro));
      void refreshOwn();
      onClose();
    },
    onError: (error) => {
      // Refused for good: another attempt is another request.
      if (error instanceof ApiError && !error.isPassing) setId(makeId());
    },
  });
  const isUnanswered = moving.error instanceof ApiError && moving.error.isPassing;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const amount = readAmount(typed, { maxMicro });
    setFault("error" in amount ? amount.error : undefined);
    if ("micro" in amount) moving.mutate(amount.micro);
  };
  return (
    <Dialog title={title} isOpen onClose={onClose}>
      <form onSubmit={submit} className={styles["stack"]} noValidate>
        {children}
        <fieldset disabled={isUnanswered} className={styles["bare"]}>
          <AmountField
            label="Amount in LLAMA"
            value={typed}
            maxMicro={maxMicro}
            error={fault}
            onChange={(next) => {
              setTyped(next);
              setFault(undefined);
            }}
          />
        </fieldset>
        {moving.error === null ? null : (
          <Failed
            what={isUnanswered ? "No answer came; the same request again is done once" : "Nothing has moved"}
            error={moving.error}
          />
        )}
        <Shortfall error={moving.error} />
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="main" type="submit" disabled={moving.isPending}>
            {isUnanswered ? "Ask the same again" : action}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}

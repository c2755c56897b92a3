import type { ApiKey } from "@flockollamas/sdk";
import { useMutation } from "@tanstack/react-query";
import { refreshOwn } from "../../data/asked.js";
import { ask } from "../../data/client.js";
import { Button } from "../../ui/button.js";
import { Dialog, DialogActions } from "../../ui/dialog.js";
import { Failed } from "../../ui/states.js";
import { toast } from "../../ui/toasts.js";

/** Repeats which key it is: a program stops working, and there is no way back. */
export function RevokeKey({
  apiKey,
  onClose,
}: {
  /** `null`: closed. */
  readonly apiKey: ApiKey | null;
  readonly onClose: () => void;
}) {
  const name = apiKey === null ? "" : apiKey.label || apiKey.prefix || apiKey.id;
  const revoking = useMutation({
    mutationFn: (id: string) => ask((flock) => flock.keys.revoke(id)),
    onSuccess: async () => {
      await refreshOwn();
      toast(`“${name}” is revoked.`);
      close();
    },
  });
  const close = () => {
    revoking.reset();
    onClose();
  };
  return (
    <Dialog title={`Revoke “${name}”?`} isOpen={apiKey !== null} onClose={close}>
      <p>
        The key <b>{name}</b>
        {apiKey?.prefix == null ? null : (
          <>
            {" "}
            (<code>{apiKey.prefix}…</code>)
          </>
        )}{" "}
        ends within a second, everywhere. Programs that use it are refused from then on. It cannot be taken
        back.
      </p>
      {revoking.error === null ? null : (
        <Failed what="It is not known whether the key is revoked" error={revoking.error} />
      )}
      <DialogActions>
        <Button onClick={close}>Keep it</Button>
        <Button
          look="danger"
          disabled={revoking.isPending}
          onClick={() => {
            if (apiKey !== null) revoking.mutate(apiKey.id);
          }}
        >
          {revoking.error === null ? `Revoke ${name}` : "Revoke it again"}
        </Button>
      </DialogActions>
    </Dialog>
  );
}

import type { NewApiKey, NewKeyRequest } from "@flockollamas/sdk";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { ApiError } from "../../data/api-error.js";
import { refreshOwn } from "../../data/asked.js";
import { ask } from "../../data/client.js";
import { Button } from "../../ui/button.js";
import { Dialog, DialogActions } from "../../ui/dialog.js";
import { Failed } from "../../ui/states.js";
import { KeyForm } from "./key-form.js";
import { NewKey } from "./new-key.js";

/** The form, then the key itself, once. What was typed stays until a key is made of it. */
export function MakeKey({ isOpen, onClose }: { readonly isOpen: boolean; readonly onClose: () => void }) {
  const [made, setMade] = useState<NewApiKey | null>(null);
  const [draftNumber, setDraftNumber] = useState(0);
  const making = useMutation({
    mutationFn: (request: NewKeyRequest) => ask((flock) => flock.keys.create(request)),
    onSuccess: setMade,
    // Made or not: the list says it.
    onSettled: () => void refreshOwn(),
    gcTime: 0,
  });
  const close = () => {
    making.reset();
    onClose();
  };
  return (
    <>
      <Dialog title="New key" isOpen={isOpen && made === null} onClose={close}>
        {making.error === null ? null : <MakingFailed error={making.error} />}
        <KeyForm
          key={draftNumber}
          isBusy={making.isPending}
          onRequest={(request) => making.mutate(request)}
          onCancel={close}
        />
      </Dialog>
      <Dialog title="Your new key" isOpen={made !== null} isHeld onClose={close}>
        {made === null ? null : <NewKey made={made} />}
        <DialogActions>
          <Button
            look="main"
            onClick={() => {
              setMade(null);
              setDraftNumber(draftNumber + 1);
              close();
            }}
          >
            I have stored it
          </Button>
        </DialogActions>
      </Dialog>
    </>
  );
}

function MakingFailed({ error }: { readonly error: Error }) {
  const isKnown = error instanceof ApiError && error.status >= 400 && error.status < 500;
  return isKnown ? (
    <Failed what="No key was made" error={error} />
  ) : (
    <>
      <Failed what="It is unknown whether the key was made" error={error} />
      <p>
        The list behind this has been loaded anew. If the key is there, revoke it: nobody has seen it, and it
        cannot be shown again. Then make another one.
      </p>
    </>
  );
}

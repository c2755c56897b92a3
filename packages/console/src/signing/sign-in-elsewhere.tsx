import { useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, useEffect, useState } from "react";
import { askOpenly } from "../data/client.js";
import { useNow } from "../data/clock.js";
import { Button } from "../ui/button.js";
import { DialogActions } from "../ui/dialog.js";
import { Field } from "../ui/field.js";
import { Failed, Loading } from "../ui/states.js";
import { Time } from "../ui/time.js";
import { signInBySignature } from "./open-session.js";
import { SignElsewhere } from "./sign-elsewhere.js";
import styles from "./signing.module.css";

const ADDRESS = /^[1-9A-HJ-NP-Za-km-z]{32,44}$/;

/** For a wallet on another machine: its address, then the text to sign, then the signature. */
export function SignInElsewhere({ onDone }: { readonly onDone: () => void }) {
  const [address, setAddress] = useState<string>();
  return address === undefined ? (
    <AddressForm onAddress={setAddress} />
  ) : (
    <SignChallenge address={address} onDone={onDone} onBack={() => setAddress(undefined)} />
  );
}

function AddressForm({ onAddress }: { readonly onAddress: (address: string) => void }) {
  const [typed, setTyped] = useState("");
  const [error, setError] = useState<string>();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const address = typed.trim();
    if (ADDRESS.test(address)) onAddress(address);
    else setError("This is no Solana address: it has 32 to 44 letters and digits.");
  };
  return (
    <form onSubmit={submit} className={styles["stack"]} noValidate>
      <Field
        label="Address of your wallet"
        autoComplete="off"
        spellCheck={false}
        value={typed}
        onChange={(event) => {
          setTyped(event.target.value);
          setError(undefined);
        }}
        hint="You get a text to sign with it, on another machine or in a command line."
        error={error}
      />
      <DialogActions>
        <Button look="main" type="submit" disabled={typed.trim() === ""}>
          Get the text
        </Button>
      </DialogActions>
    </form>
  );
}

function SignChallenge({
  address,
  onDone,
  onBack,
}: {
  readonly address: string;
  readonly onDone: () => void;
  readonly onBack: () => void;
}) {
  const now = useNow();
  const challenge = useQuery({
    queryKey: ["sign-in", address],
    queryFn: () => askOpenly((flock) => flock.signIn.challenge(address)),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  const signing = useMutation({
    mutationFn: ({ message, signature }: { message: string; signature: string }) =>
      signInBySignature(address, message, signature),
    onSuccess: onDone,
  });
  const { data, error, isFetching, refetch } = challenge;
  const isLapsed = data !== undefined && Date.parse(data.expiresAt) <= now;
  useEffect(() => {
    if (isLapsed && !isFetching) void refetch();
  }, [isLapsed, isFetching, refetch]);
  if (data === undefined && error !== null)
    return <Failed what="No text could be got" error={error} onRetry={() => void refetch()} />;
  if (data === undefined) return <Loading what="the text to sign" lines={4} />;
  return (
    <div className={styles["stack"]}>
      <SignElsewhere
        key={data.message}
        text={data.message}
        action="Sign in"
        isBusy={signing.isPending}
        onSignature={(signature) => signing.mutate({ message: data.message, signature })}
      />
      <p className={styles["note"]}>
        The text is good for one sign-in, and lapses <Time at={data.expiresAt} />. Then another one stands
        here.
      </p>
      {signing.error === null ? null : <Failed what="Not signed in" error={signing.error} />}
      <Button look="quiet" onClick={onBack}>
        Another address
      </Button>
    </div>
  );
}

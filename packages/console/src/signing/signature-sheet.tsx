import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useEffect, useState } from "react";
import { useNow } from "../data/clock.js";
import { currentSession } from "../data/session.js";
import { Button } from "../ui/button.js";
import { Copyable } from "../ui/copyable.js";
import { DialogActions, Sheet } from "../ui/dialog.js";
import { Fold } from "../ui/fold.js";
import { Shortfall } from "../ui/shortfall.js";
import { Failed, Loading } from "../ui/states.js";
import { Time } from "../ui/time.js";
import { useAttempts } from "./attempt.js";
import { type HandedIn, handIn } from "./hand-in.js";
import { ExactText, SignElsewhere } from "./sign-elsewhere.js";
import styles from "./signing.module.css";
import type { SolanaWallet } from "./solana-wallets.js";
import type { Purpose } from "./unanswered.js";
import { WalletChoice } from "./wallet-choice.js";
import { signText } from "./wallet-signature.js";

/** What a wallet is asked to sign. Made when the sheet opens, with an id that stays until it is final. */
export interface SignatureRequest {
  readonly id: string;
  readonly purpose: Purpose;
  /** In words, with the amount: `Withdraw 12 LLAMA`. */
  readonly title: string;
  /** What else the person has to know, such as when the cooldown would end. */
  readonly facts: readonly { readonly name: string; readonly value: ReactNode }[];
  /** Whose wallet signs: the account that is signed in. */
  readonly account: string;
  /** The exact text, for this id; another one is made when it lapses. */
  makeText(expiresAt: string): Promise<string>;
  /** What is shown once it is handed in: how it goes on, until it is final. */
  readonly afterwards: ReactNode;
}

/** The text, before the wallet shows it: nothing moves LLAMA out of an account but its wallet's signature. */
export function SignatureSheet({
  request,
  onClose,
}: {
  /** `null`: closed. */
  readonly request: SignatureRequest | null;
  readonly onClose: () => void;
}) {
  return (
    <Sheet title={request?.title ?? ""} isOpen={request !== null} onClose={onClose}>
      {request === null ? null : <SheetBody key={request.id} request={request} onClose={onClose} />}
    </Sheet>
  );
}

const LIFETIME_MS = 3_600_000;

interface MadeText {
  readonly text: string;
  readonly expiresAt: string;
}

type Stage =
  | { readonly kind: "signing" }
  | { readonly kind: "handing"; readonly signature: string; readonly text: MadeText }
  | (HandedIn & { readonly signature: string; readonly text: MadeText });

function SheetBody({
  request,
  onClose,
}: {
  readonly request: SignatureRequest;
  readonly onClose: () => void;
}) {
  const [stage, setStage] = useState<Stage>({ kind: "signing" });
  const [fault, setFault] = useState<string>();
  const made = useText(request, stage.kind === "signing");
  const hand = async (text: MadeText, signature: string) => {
    if (currentSession()?.account !== request.account) {
      setFault("Somebody else is signed in by now, or nobody: nothing was handed in.");
      return;
    }
    setStage({ kind: "handing", signature, text });
    const { purpose, title, account } = request;
    const said = await handIn({ purpose, title, account, signature, ...text });
    setStage({ ...said, signature, text });
  };
  if (made.data === undefined)
    return made.error === null ? (
      <Loading what="the text to sign" lines={5} />
    ) : (
      <Failed what="The text could not be made" error={made.error} onRetry={() => void made.refetch()} />
    );
  return (
    <div className={styles["stack"]}>
      <Facts request={request} text={made.data} />
      {stage.kind === "signing" ? (
        <Signing request={request} text={made.data} onSigned={(...signed) => void hand(...signed)} />
      ) : (
        <AfterSigning
          request={request}
          stage={stage}
          onAgain={() => void hand(stage.text, stage.signature)}
          onAnew={() => setStage({ kind: "signing" })}
          onClose={onClose}
        />
      )}
      {fault === undefined ? null : <p role="alert">{fault}</p>}
    </div>
  );
}

/** The text, and a new one in its place when it lapses before it is signed. */
function useText(request: SignatureRequest, isNeeded: boolean) {
  const now = useNow();
  const made = useQuery({
    queryKey: ["own", request.account, "text", request.id],
    queryFn: async (): Promise<MadeText> => {
      const expiresAt = new Date(Date.now() + LIFETIME_MS).toISOString();
      return { text: await request.makeText(expiresAt), expiresAt };
    },
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    refetchOnWindowFocus: false,
  });
  const { data, isFetching, refetch } = made;
  const isLapsed = data !== undefined && Date.parse(data.expiresAt) <= now;
  useEffect(() => {
    if (isNeeded && isLapsed && !isFetching) void refetch();
  }, [isNeeded, isLapsed, isFetching, refetch]);
  return made;
}

function Facts({ request, text }: { readonly request: SignatureRequest; readonly text: MadeText }) {
  const network = /^network: (.+)$/m.exec(text.text)?.[1];
  const facts = [
    ...request.facts,
    { name: "Signed by", value: <Copyable text={request.account} what="your address" /> },
    ...(network === undefined
      ? []
      : [{ name: "Network", value: <Copyable text={network} what="the network’s genesis hash" /> }]),
    { name: "The text lapses", value: <Time at={text.expiresAt} /> },
  ];
  return (
    <dl className={styles["facts"]}>
      {facts.map(({ name, value }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Signing({
  request,
  text,
  onSigned,
}: {
  readonly request: SignatureRequest;
  readonly text: MadeText;
  readonly onSigned: (text: MadeText, signature: string) => void;
}) {
  const { attempt, make } = useAttempts();
  const choose = async (wallet: SolanaWallet) => {
    const signature = await make(wallet, () => signText(wallet, request.account, text.text));
    if (signature !== null) onSigned(text, btoa(String.fromCharCode(...signature)));
  };
  return (
    <>
      <div className={styles["text"]}>
        <h3>Your wallet will show exactly this text</h3>
        <ExactText text={text.text} />
      </div>
      <p className={styles["note"]}>Your wallet asks next. Compare what it shows, then sign there.</p>
      <WalletChoice verb="Sign with" attempt={attempt} onChoose={(wallet) => void choose(wallet)} />
      <Fold title="Sign elsewhere">
        <SignElsewhere
          key={text.text}
          text={text.text}
          action="Hand in"
          onSignature={(signature) => onSigned(text, signature)}
        />
      </Fold>
    </>
  );
}

function AfterSigning({
  request,
  stage,
  onAgain,
  onAnew,
  onClose,
}: {
  readonly request: SignatureRequest;
  readonly stage: Exclude<Stage, { kind: "signing" }>;
  readonly onAgain: () => void;
  readonly onAnew: () => void;
  readonly onClose: () => void;
}) {
  switch (stage.kind) {
    case "handing":
      return <p role="status">Signed. It is being handed in …</p>;
    case "taken":
      return (
        <div className={styles["stack"]} role="status">
          <p>
            <b>Handed in.</b>
          </p>
          {request.afterwards}
          <DialogActions>
            <Button look="main" onClick={onClose}>
              Done
            </Button>
          </DialogActions>
        </div>
      );
    case "refused":
      return (
        <div className={styles["stack"]}>
          <Failed what="Refused: nothing has moved" error={stage.error} />
          <Shortfall error={stage.error} />
          <DialogActions>
            <Button key="close" onClick={onClose}>
              Close
            </Button>
            <Button key="anew" look="main" onClick={onAnew}>
              Sign anew
            </Button>
          </DialogActions>
        </div>
      );
    case "unanswered":
      return (
        <div className={styles["stack"]}>
          <Failed what="No answer came" error={stage.error} />
          <p>Nothing is lost: hand in the same text again. However often it comes, it is done once.</p>
          <DialogActions>
            <Button look="main" onClick={onAgain}>
              Hand in the same text again
            </Button>
          </DialogActions>
        </div>
      );
  }
}

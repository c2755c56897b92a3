import { lazy, Suspense, useState } from "react";
import { Button } from "../ui/button.js";
import { Dialog } from "../ui/dialog.js";
import { Loading } from "../ui/states.js";

/** Wallets and what they sign are loaded when somebody means to sign in. */
const SignInWays = lazy(() => import("../signing/sign-in-ways.js"));

/** The one button that a page shows a visitor where an account's figures would stand. */
export function SignInButton() {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <>
      <Button look="main" onClick={() => setIsOpen(true)}>
        Sign in
      </Button>
      <SignInDialog isOpen={isOpen} onClose={() => setIsOpen(false)} />
    </>
  );
}

export function SignInDialog({
  isOpen,
  onClose,
}: {
  readonly isOpen: boolean;
  readonly onClose: () => void;
}) {
  return (
    <Dialog title="Sign in" isOpen={isOpen} onClose={onClose}>
      <Suspense fallback={<Loading what="the ways to sign in" lines={4} />}>
        <SignInWays onDone={onClose} />
      </Suspense>
    </Dialog>
  );
}

import { Menu } from "@base-ui/react/menu";
import { useState } from "react";
import { useSession } from "../data/session.js";
import { signOut } from "../data/sign-out.js";
import { shortAddress } from "../format/address.js";
import { Icon } from "../identity/icon.js";
import { setTheme, type Theme, useTheme } from "../identity/theme.js";
import { toast } from "../ui/toasts.js";
import { SignInDialog } from "./sign-in.js";
import styles from "./top-bar.module.css";

const THEMES: readonly { readonly theme: Theme; readonly name: string }[] = [
  { theme: "system", name: "As the system" },
  { theme: "light", name: "Light" },
  { theme: "dark", name: "Dark" },
];

export function AccountMenu() {
  const session = useSession();
  const theme = useTheme();
  const [isSigningIn, setIsSigningIn] = useState(false);
  return (
    <>
      <Menu.Root modal={false}>
        <Menu.Trigger className={styles["chip"]}>
          <Icon name="account" />
          <span className={styles["long"]}>
            {session === null
              ? "Account"
              : session.account === null
                ? "API key"
                : shortAddress(session.account)}
          </span>
        </Menu.Trigger>
        <Menu.Portal>
          <Menu.Positioner className={styles["floating"]} align="end" sideOffset={6}>
            <Menu.Popup className={styles["menu"]}>
              {session === null ? (
                <Menu.Item className={styles["item"]} onClick={() => setIsSigningIn(true)}>
                  Sign in …
                </Menu.Item>
              ) : (
                <>
                  <Menu.Item className={styles["item"]} onClick={() => void leave(false)}>
                    Sign out
                  </Menu.Item>
                  {session.kind === "wallet" ? (
                    <Menu.Item className={styles["item"]} onClick={() => void leave(true)}>
                      Sign out everywhere
                    </Menu.Item>
                  ) : null}
                </>
              )}
              <Menu.RadioGroup value={theme} onValueChange={(next: Theme) => setTheme(next)}>
                <Menu.Group>
                  <Menu.GroupLabel className={styles["label"]}>Theme</Menu.GroupLabel>
                  {THEMES.map(({ theme: each, name }) => (
                    <Menu.RadioItem key={each} value={each} className={styles["item"]}>
                      {name}
                      <Menu.RadioItemIndicator>
                        <Icon name="check" />
                      </Menu.RadioItemIndicator>
                    </Menu.RadioItem>
                  ))}
                </Menu.Group>
              </Menu.RadioGroup>
            </Menu.Popup>
          </Menu.Positioner>
        </Menu.Portal>
      </Menu.Root>
      <SignInDialog isOpen={isSigningIn} onClose={() => setIsSigningIn(false)} />
    </>
  );
}

async function leave(everywhere: boolean): Promise<void> {
  try {
    await signOut(everywhere);
  } catch {
    toast("Signed out here. The api could not be told: the session ends by itself within a day.", {
      isBad: true,
    });
  }
}

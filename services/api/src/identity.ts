import type { KeyIdentity } from "./keys/key-identity.js";
import type { SessionIdentity } from "./sign-in/session-store.js";

/** Whom a request speaks for: by an API key, or by the session of a wallet. */
export type Identity = KeyIdentity | SessionIdentity;

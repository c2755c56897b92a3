import { useChatKey } from "../../../data/chat-key.js";
import { useOpen } from "../../../data/queries.js";
import { useSession } from "../../../data/session.js";

export interface Guests {
  readonly requests_per_minute: number;
  readonly completion_tokens_max: number;
}

/** How this tab may ask models. */
export type Access =
  /** By a key; without `token` it is the session's own. */
  | { readonly kind: "key"; readonly token: string | undefined }
  | { readonly kind: "guest"; readonly guests: Guests }
  /** Signed in by a wallet: a key has to be made or pasted first. */
  | { readonly kind: "member" }
  /** A key has to be pasted, or somebody signs in. */
  | { readonly kind: "nobody" }
  /** Not known yet: who asks now is told by the answer. */
  | { readonly kind: "unknown" };

export function useAccess(): Access {
  const session = useSession();
  const key = useChatKey();
  const { data } = useOpen<{ readonly guests?: Guests | null }>("/flock/v1/network");
  if (key !== null) return { kind: "key", token: key.token };
  if (session?.kind === "key") return { kind: "key", token: undefined };
  if (session !== null) return { kind: "member" };
  if (data?.guests) return { kind: "guest", guests: data.guests };
  return { kind: data === undefined ? "unknown" : "nobody" };
}

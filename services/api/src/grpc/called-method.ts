import type { CredentialKinds } from "../keys/credentials.js";
import type { OpenRequestKind } from "../limits/open-limits.js";

/** Who may make a call. */
export type Access =
  /** Who has a credential of this kind. */
  | { readonly takes: CredentialKinds }
  /** Anybody: as often as he likes, or limited per client. */
  | { readonly open: "free" | OpenRequestKind };

/** What the server knows of a method before it reads a request. */
export interface MethodOptions {
  readonly access: Access;
  /** Of a request; default: enough for everything but prompts. */
  readonly requestBytesMax?: number;
  /** It lasts as long as its client likes: a drain does not wait for it, and no line in the log tells of it. */
  readonly isEndless?: boolean;
}

/** A method, as far as it matters to a call of it. */
export interface CalledMethod extends Required<MethodOptions> {
  /** Such as `/flock.public.v1.Inference/Chat`. */
  readonly path: string;
}

/** What was done to a file, or would be. */
export interface Change {
  readonly file: string;
  readonly action:
    | "create"
    | "change"
    /** It is as it should be. */
    | "keep"
    /** The copy from before takes its place. */
    | "restore"
    /** Our entries alone are taken out, because it was changed since. */
    | "take out"
    | "delete"
    /** There is nothing of ours any more. */
    | "forget";
  /** What it is about, for people. */
  readonly what: string;
  readonly backup: string | null;
  /** Lines that go and come, without keys. */
  readonly lines: readonly string[];
  readonly notes: readonly string[];
}

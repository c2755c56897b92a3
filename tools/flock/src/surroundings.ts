/** Which of its streams are a terminal, and how wide that is. */
export interface Terminal {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly columns: number;
}

/** What a command sees of the process that it runs in. */
export interface Surroundings {
  readonly environment: NodeJS.ProcessEnv;
  readonly terminal: Terminal;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** What comes on standard input, up to its end. @throws FlockError `payload_too_large` beyond `bytesMax` */
  readonly input: (bytesMax: number) => Promise<string>;
  /** The line that somebody types behind a prompt on the terminal; undefined at its end (Ctrl-D). */
  readonly ask: (prompt: string) => Promise<string | undefined>;
  /** Lines that somebody pastes on the terminal as one text: until it is whole, or to its end. */
  readonly paste: (isWhole: (lines: readonly string[]) => boolean) => Promise<readonly string[]>;
  /** Aborted by Ctrl-C, SIGTERM and SIGHUP. */
  readonly interruption: AbortSignal;
  /** Has somebody else deal with these, until what is returned is called. */
  readonly captureInterrupts: (handle: (signal: NodeJS.Signals) => void) => () => void;
}

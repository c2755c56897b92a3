/** The options that every command has. */
export interface GlobalOptions {
  readonly context?: string;
  readonly apiUrl?: string;
  readonly keyFile?: string;
  readonly wallet?: string;
  readonly dataDir: string;
  readonly natsUrl?: string;
  readonly natsCredentials?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly color: "auto" | "always" | "never";
}

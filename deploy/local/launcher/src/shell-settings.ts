import { FlockError } from "@flock/errors";
import { LOG_LEVELS, type LogLevel, logLevelOf } from "@flock/observability";
import { ollamaUrl } from "@flock/ollama";
import { isPostgresVariable } from "@flock/provision";

/** What the launcher heeds of the shell's variables. No other reaches a part of the mesh. */
export interface ShellSettings {
  /** An own PostgreSQL instead of the embedded one (`DATABASE_URL`). */
  readonly databaseUrl?: string;
  /** `PGSSLMODE`, `PGPASSFILE` and the like, which complete `DATABASE_URL`; none without it. */
  readonly databaseVariables: Readonly<Record<string, string>>;
  /** Own NATS servers instead of the embedded one (`NATS_URL`). */
  readonly natsUrl?: string;
  /** Where an Ollama is looked for. */
  readonly ollamaUrl: string;
  /** `OLLAMA_HOST` names it: somebody expects an Ollama there. */
  readonly namesOllama: boolean;
  /** `LOG_LEVEL`, if it names a level. */
  readonly logLevel?: LogLevel;
  /** Lines for the person at the terminal: what is used, and what could not be. */
  readonly remarks: readonly string[];
}

/**
 * Reads the variables; empty ones count as unset.
 * @param usesOllama whether `OLLAMA_HOST` matters.
 * @throws FlockError `invalid_argument` when `OLLAMA_HOST` matters and names nothing that could be asked.
 */
export function shellSettings(
  environment: NodeJS.ProcessEnv,
  { usesOllama }: { readonly usesOllama: boolean },
): ShellSettings {
  const {
    DATABASE_URL: databaseUrl,
    NATS_URL: natsUrl,
    OLLAMA_HOST: ollamaHost,
    LOG_LEVEL: level,
  } = environment;
  const databaseVariables = databaseUrl ? postgresVariables(environment) : {};
  const logLevel = level ? logLevelOf(level) : undefined;
  const remarks = [
    ...(natsUrl ? ["NATS_URL is set: its NATS is used, and none is started"] : []),
    ...(databaseUrl ? [databaseRemark(Object.keys(databaseVariables))] : []),
    ...(level && logLevel === undefined
      ? [`LOG_LEVEL is none of ${LOG_LEVELS.join(", ")}: info is used`]
      : []),
  ];
  return {
    ...(databaseUrl ? { databaseUrl } : {}),
    databaseVariables,
    ...(natsUrl ? { natsUrl } : {}),
    ollamaUrl: usesOllama ? ollamaUrlOf(ollamaHost ?? "") : "",
    namesOllama: usesOllama && Boolean(ollamaHost),
    ...(logLevel === undefined ? {} : { logLevel }),
    remarks,
  };
}

/** Values may be secret: only names are told. */
function databaseRemark(names: readonly string[]): string {
  const completed = names.length === 0 ? "" : `, completed by ${names.join(", ")}`;
  return `DATABASE_URL is set: its PostgreSQL is used${completed}, and none is started`;
}

function postgresVariables(environment: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) => {
      return isPostgresVariable(name) && value ? [[name, value]] : [];
    }),
  );
}

function ollamaUrlOf(host: string): string {
  try {
    return ollamaUrl(host);
  } catch (error) {
    throw new FlockError(
      "invalid_argument",
      `OLLAMA_HOST: ${(error as Error).message}, or start with --engine`,
      {
        cause: error,
      },
    );
  }
}

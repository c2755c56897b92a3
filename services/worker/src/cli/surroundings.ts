import type { ProcessHost } from "@flock/mesh";

/** Beside those of Ollama and of a local mesh. Not any free one: whoever pauses a worker must know it. */
export const DEFAULT_HEALTH_PORT = 11_439;

interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

/** What the command needs of its process; a test may put another in its place. */
export interface Surroundings extends ProcessHost {
  readonly env: NodeJS.ProcessEnv;
  readonly stdout: Output;
  readonly stderr: Output;
}

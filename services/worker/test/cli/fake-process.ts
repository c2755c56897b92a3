import { EventEmitter } from "node:events";
import type { Surroundings } from "../../src/cli/surroundings.js";

class FakeStream {
  text = "";

  constructor(readonly isTTY: boolean) {}

  write(text: string): void {
    this.text += text;
  }
}

/** A process at a terminal, in which nothing ends: it keeps what was written and the code that it was to exit with. */
export class FakeProcess extends EventEmitter implements Surroundings {
  readonly stdout = new FakeStream(true);
  readonly stderr = new FakeStream(true);
  exitCode: number | undefined;

  constructor(readonly env: NodeJS.ProcessEnv) {
    super();
  }

  exit(code: number): never {
    this.exitCode = code;
    return undefined as never;
  }
}

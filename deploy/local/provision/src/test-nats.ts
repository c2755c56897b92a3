import { freePort } from "./free-port.js";
import { type NatsOptions, type RunningNats, startNats } from "./nats.js";
import { createTestDirectory } from "./test-directory.js";

export type TestNatsOptions = Pick<NatsOptions, "payloadBytesMax" | "extraConfig" | "onOutput">;

/** A nats-server for one test file, with JetStream in a temporary directory. */
export interface TestNats {
  readonly url: string;
  readonly port: number;
  /** Of the current server: another one after `restart`. */
  readonly pid: number;
  /** Sends the signal and waits until the server is gone (`SIGSTOP` and `SIGCONT`: returns at once). */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** A new server on the same port and data; ends the old one first if it still runs. */
  restart(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

/**
 * Starts a real nats-server on a free port: call in `beforeAll`, `stop` in `afterAll`. It ends when the test process
 * dies, also when that is killed.
 */
export async function startTestNats(options: TestNatsOptions = {}): Promise<TestNats> {
  const directory = await createTestDirectory();
  const settings = { ...options, dataDir: directory.path, port: await freePort() };
  let server: RunningNats = await startNats(settings);
  return {
    url: server.url,
    port: server.port,
    get pid() {
      return server.pid;
    },
    async kill(signal) {
      server.kill(signal);
      if (signal !== "SIGSTOP" && signal !== "SIGCONT") await server.exited;
    },
    async restart() {
      await server.stop();
      server = await startNats(settings);
    },
    async stop() {
      server.kill("SIGCONT"); // A stopped process would not hear anything else.
      await server.stop();
      await directory.remove();
    },
  };
}

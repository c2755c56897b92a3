import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { eventually } from "@flock/provision/testing";

/** A bare connection: what is sent is sent as it is, and all that comes back is kept. */
export class RawHttp {
  readonly socket: Socket;
  received = "";

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      this.received += bytes;
    });
  }

  static async connect(port: number, host = "127.0.0.1"): Promise<RawHttp> {
    const raw = new RawHttp(connect(port, host));
    await once(raw.socket, "connect");
    return raw;
  }

  /** Resolves when the operating system has taken it, or the connection is gone. */
  async send(bytes: string | Buffer): Promise<void> {
    await new Promise<void>((resolve) => this.socket.write(bytes, () => resolve()));
  }

  /** Byte by byte, each in a write of its own, until all is sent or the connection is gone. */
  async trickle(text: string): Promise<void> {
    for (const byte of Buffer.from(text)) {
      if (this.socket.destroyed) return;
      await this.send(Buffer.of(byte));
    }
  }

  /** Waits until so many answers are there, and returns their statuses. */
  async statuses(count: number): Promise<number[]> {
    const found = () => [...this.received.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => Number(status));
    await eventually(`${count} answers`, () => found().length >= count || this.socket.destroyed);
    return found();
  }

  /** Waits until the other side has closed it, and returns all that came. */
  async untilClosed(): Promise<string> {
    if (!this.socket.destroyed) await once(this.socket, "close");
    return this.received;
  }

  close(): void {
    this.socket.destroy();
  }
}

import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer, type Server, type Socket } from "node:net";
import { loadIdentity, verifySignature } from "@flock/keys";
import { delegationText, isSignedBy, sessionText } from "@flock/orders";
import { eventually } from "@flock/provision/testing";
import { base32nopad, base58 } from "@scure/base";
import { EnrolledRig } from "./enrolled-rig.js";

/** A NATS server that has its clients sign what it likes. */
class RogueNats {
  /** Signatures that it got: base64url, as clients send them. */
  readonly connects: { readonly jwt: string; readonly sig: string }[] = [];
  nonce = "";
  readonly #sockets = new Set<Socket>();
  readonly #server: Server = createServer((socket) => {
    this.#sockets.add(socket);
    socket.on("error", () => {});
    const info = { server_id: "rogue", version: "2.12.0", proto: 1, headers: true, max_payload: 1_000_000 };
    socket.write(`INFO ${JSON.stringify({ ...info, auth_required: true, nonce: this.nonce })}\r\n`);
    socket.on("data", (bytes) => {
      const [, options] = /^CONNECT (\{.*\})\r\n/m.exec(bytes.toString()) ?? [];
      if (options !== undefined) this.connects.push(JSON.parse(options));
      if (bytes.includes("PING")) socket.write("PONG\r\n");
    });
  });

  async start(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    // CAST: it listens on a port.
    return `nats://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Ends the connections, so that clients come back and sign again. */
  hangUp(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  stop(): void {
    this.hangUp();
    this.#server.close();
  }
}

let rig: EnrolledRig;
const nats = new RogueNats();
beforeAll(async () => {
  rig = await EnrolledRig.start();
  rig.api.natsUrls = [await nats.start()];
});
afterAll(async () => {
  await rig.stopWorkers();
  nats.stop();
  await rig.stop();
});

/** The Ed25519 key in the public key of a NATS user, as an identity. */
function identityOf(natsKey: string): string {
  return base58.encode(base32nopad.decode(natsKey).subarray(1, 33));
}

describe("a rogue NATS server that has a worker sign a wallet's texts", () => {
  it("gets signatures by the session's key alone, never by the wallet or the worker's key", async () => {
    const worker = rig.worker();
    const { enrolment } = await worker.joined;
    const wallet = await loadIdentity(rig.file("wallet.json"));
    const key = enrolment.workKey.id;
    const [jwt = ""] = rig.api.jwts;
    const { sub } = JSON.parse(Buffer.from(jwt.split(".")[1] ?? "", "base64url").toString());
    const facts = { api: rig.api.url, wallet: wallet.id, payout: wallet.id, challenge: "7Hq3mB9xZk2LrT5w" };
    const times = { issuedMs: Date.now(), expiresMs: Date.now() + 1_000_000 };
    const nonces = [
      delegationText({ ...facts, key: identityOf(sub), ...times }),
      sessionText({ key, session: sub, issuedMs: Date.now() }),
      "flock/receipt/v1\0and what follows",
      "flock/sealing-key/v1\0and what follows",
      "",
    ];
    for (const nonce of nonces) {
      nats.nonce = nonce;
      const before = nats.connects.length;
      nats.hangUp();
      await eventually("the worker to come back", () => nats.connects.length > before);
      const { jwt: shown, sig } = nats.connects.at(-1) ?? { jwt: "", sig: "" };
      const signature = Buffer.from(sig, "base64url");
      const bytes = Buffer.from(nonce);
      expect(rig.api.jwts).toContain(shown);
      expect(verifySignature(identityOf(sub), bytes, signature)).toBe(true);
      for (const other of [wallet.id, key]) {
        expect(verifySignature(other, bytes, signature)).toBe(false);
        expect(isSignedBy(other, nonce, signature)).toBe(false);
      }
    }
    expect(new Set([wallet.id, key, identityOf(sub)]).size).toBe(3);
  });
});

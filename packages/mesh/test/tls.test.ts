import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createLogger, createMetrics } from "@flock/observability";
import { freePort } from "@flock/provision";
import {
  type CertificateFiles,
  createTestDirectory,
  eventually,
  startTestNats,
  TestAuthority,
  type TestDirectory,
  type TestNats,
  writeCertificate,
} from "@flock/provision/testing";
import { connectMesh, type Mesh, type MeshOptions } from "../src/index.js";

const authority = new TestAuthority();
const stranger = new TestAuthority();

let directory: TestDirectory;
let caFile: string;
let strangerFile: string;
let files: CertificateFiles;
beforeAll(async () => {
  directory = await createTestDirectory();
  [caFile, strangerFile] = [join(directory.path, "ca.pem"), join(directory.path, "stranger.pem")];
  await writeFile(caFile, authority.certificate);
  await writeFile(strangerFile, stranger.certificate);
  files = await writeCertificate(directory.path, authority.issue(["localhost"]));
});
afterAll(() => directory.remove());

const certificate = () =>
  `cert_file: ${JSON.stringify(files.certFile)}, key_file: ${JSON.stringify(files.keyFile)}`;

const open: Mesh[] = [];
async function connect(options: Pick<MeshOptions, "natsUrl" | "tls">): Promise<Mesh> {
  const logger = createLogger("test", "silent");
  const { meter } = createMetrics("test");
  const mesh = await connectMesh({ name: "test", logger, meter, connectTimeoutMs: 500, ...options });
  open.push(mesh);
  return mesh;
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((mesh) => mesh.close()));
});

/** A message there and back. */
async function echo(mesh: Mesh): Promise<string> {
  mesh.nats.subscribe("echo", { callback: (_error, msg) => void msg.respond(msg.data) });
  return (await mesh.nats.request("echo", "hello")).string();
}

const distrust = (reason: RegExp) =>
  expect.objectContaining({
    code: "failed_precondition",
    message: expect.stringMatching(new RegExp(`cannot be trusted \\(.*${reason.source}`)),
  });

describe.each(["tls", "wss"] as const)("NATS at %s:", (scheme) => {
  let nats: TestNats;
  let url: string;
  beforeAll(async () => {
    const port = await freePort();
    const extraConfig =
      scheme === "tls"
        ? `tls { ${certificate()} }`
        : `websocket { listen: "127.0.0.1:${port}", tls { ${certificate()} } }`;
    nats = await startTestNats({ extraConfig });
    url = `${scheme}://localhost:${scheme === "tls" ? nats.port : port}`;
  });
  afterAll(() => nats.stop());

  it("is believed by who trusts its authority, in every version of Node", async () => {
    expect(await echo(await connect({ natsUrl: url, tls: { caFile } }))).toBe("hello");
  });

  it("is believed by nobody else, and that is said at once", async () => {
    await expect(connect({ natsUrl: url })).rejects.toEqual(distrust(/certificate/));
    await expect(connect({ natsUrl: url, tls: { caFile: strangerFile } })).rejects.toEqual(
      distrust(/certificate/),
    );
    const missing = join(directory.path, "missing.pem");
    await expect(connect({ natsUrl: url, tls: { caFile: missing } })).rejects.toMatchObject({
      code: "failed_precondition",
      message: `${missing} cannot be read`,
    });
  });

  it("is not believed under a name that its certificate does not have", async () => {
    await writeCertificate(directory.path, authority.issue(["other.example"]));
    await nats.restart();
    await expect(connect({ natsUrl: url, tls: { caFile } })).rejects.toEqual(distrust(/altnames/));
    await writeCertificate(directory.path, authority.issue(["localhost"]));
    await nats.restart();
  });

  it("is believed again after its authority was replaced, without a restart of ours", async () => {
    const mesh = await connect({ natsUrl: url, tls: { caFile } });
    const renewed = new TestAuthority();
    await writeFile(caFile, renewed.certificate);
    await writeCertificate(directory.path, renewed.issue(["localhost"]));
    await nats.restart();
    await eventually("the reconnection", () => mesh.isConnected());
    expect(await echo(mesh)).toBe("hello");
    await writeFile(caFile, authority.certificate);
    await writeCertificate(directory.path, authority.issue(["localhost"]));
    await nats.restart();
  });
});

describe("NATS that asks for a certificate of ours", () => {
  it("lets in who shows one of the right authority, and nobody else", async () => {
    const verified = `tls { ${certificate()}, ca_file: ${JSON.stringify(caFile)}, verify: true }`;
    const nats = await startTestNats({ extraConfig: verified });
    const natsUrl = nats.url.replace("nats://127.0.0.1", "tls://localhost");
    try {
      const own = { certFile: files.certFile, keyFile: files.keyFile };
      expect(await echo(await connect({ natsUrl, tls: { caFile, ...own } }))).toBe("hello");
      await expect(connect({ natsUrl, tls: { caFile } })).rejects.toMatchObject({ name: "FlockError" });
    } finally {
      await nats.stop();
    }
  });
});

describe("NATS in the clear", () => {
  it("is not spoken to, where TLS was asked for: a server cannot talk us out of it", async () => {
    const nats = await startTestNats();
    try {
      const tls = nats.url.replace("nats://127.0.0.1", "tls://localhost");
      await expect(connect({ natsUrl: tls })).rejects.toEqual(distrust(/does not support 'tls'/));
      await expect(
        connect({ natsUrl: nats.url.replace("127.0.0.1", "localhost"), tls: { caFile } }),
      ).rejects.toEqual(distrust(/'tls'/));
      const socket = nats.url.replace("nats:", "ws:");
      await expect(connect({ natsUrl: socket, tls: { caFile } })).rejects.toMatchObject({
        code: "invalid_argument",
      });
      const address = nats.url.replace("nats:", "tls:");
      await expect(connect({ natsUrl: address })).rejects.toThrow(
        "needs the name of a host, and not 127.0.0.1",
      );
      expect(await echo(await connect({ natsUrl: nats.url }))).toBe("hello");
    } finally {
      await nats.stop();
    }
  });
});

import { writeFile } from "node:fs/promises";
import { Agent, request } from "node:https";
import { join } from "node:path";
import tls from "node:tls";
import { FlockError } from "@flock/errors";
import { createLogger, createMetrics } from "@flock/observability";
import { InferenceDefinition } from "@flock/proto/public";
import {
  type CertificateFiles,
  createTestDirectory,
  eventually,
  TestAuthority,
  type TestDirectory,
  writeCertificate,
} from "@flock/provision/testing";
import { credentials, status } from "@grpc/grpc-js";
import { ApiMetrics } from "../src/metrics.js";
import { clearDoors } from "../src/tls/clear-doors.js";
import { RenewedCertificate } from "../src/tls/renewed-certificate.js";
import { failureOf, GrpcTestClient } from "./grpc-client.js";
import { metricsText } from "./metrics-text.js";
import { PLAIN_MODEL, startTestApi, type TestApi } from "./start-test-api.js";
import { startTestGrpc, type TestGrpc } from "./start-test-grpc.js";

const NAMES = ["api.example", "127.0.0.1"];
const authority = new TestAuthority();
const stranger = new TestAuthority();
const { chat } = InferenceDefinition.methods;
const hello = { model: PLAIN_MODEL.name, messages: [{ role: "user", content: "hello you" }] };

let directory: TestDirectory;
let files: CertificateFiles;
let logs: string[];
let stop: AbortController;
beforeEach(async () => {
  directory = await createTestDirectory();
  files = await writeCertificate(directory.path, authority.issue(NAMES));
  logs = [];
  stop = new AbortController();
});
afterEach(async () => {
  stop.abort();
  await directory.remove();
});

const exporter = createMetrics("api");
afterAll(() => exporter.close());

/** The certificate in the files, looked at every few milliseconds until the test is over. */
async function certificateFor(door: "http" | "grpc"): Promise<RenewedCertificate> {
  const certificate = await RenewedCertificate.load({
    files: { door, certificate: files.certFile, key: files.keyFile },
    logger: createLogger("api", "info", { write: (line) => void logs.push(line) }),
    metrics: new ApiMetrics(exporter.meter),
    intervalMs: 5,
  });
  void certificate.start(stop.signal);
  return certificate;
}

/** The status of an answer over a new connection, by a client that trusts this authority and asks for this name. */
function statusFor(api: TestApi, ca: string, servername = "api.example"): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const options = { port: api.port, host: "127.0.0.1", path: "/api/version", ca, servername };
    const asked = request({ ...options, agent: new Agent({ keepAlive: false }) }, (answer) => {
      answer.resume().once("end", () => resolve(answer.statusCode));
    });
    asked.once("error", reject).end();
  });
}

describe("HTTP with a certificate", () => {
  let api: TestApi;
  beforeEach(async () => {
    api = await startTestApi({ certificate: await certificateFor("http"), connectionsMax: 4 });
  });
  afterEach(() => api.stop());

  it("is for clients who trust its authority and ask for its name, and for nobody in the clear", async () => {
    expect(await statusFor(api, authority.certificate)).toBe(200);
    await expect(statusFor(api, stranger.certificate)).rejects.toThrow(/certificate/);
    await expect(statusFor(api, authority.certificate, "other.example")).rejects.toMatchObject({
      code: "ERR_TLS_CERT_ALTNAME_INVALID",
    });
    const plain = fetch(`${api.baseUrl.replace("https", "http")}/api/version`);
    await expect(plain).rejects.toThrow("fetch failed");
    // And it still serves, after those who failed.
    expect(await statusFor(api, authority.certificate)).toBe(200);
  });

  it("speaks TLS 1.2 or newer, and nothing older", async () => {
    const options = {
      port: api.port,
      host: "127.0.0.1",
      ca: authority.certificate,
      servername: "api.example",
    };
    const versionWith = (maxVersion: tls.SecureVersion) =>
      new Promise<string | null>((resolve, reject) => {
        const socket = tls.connect({
          ...options,
          minVersion: "TLSv1",
          maxVersion,
          ciphers: "ALL:@SECLEVEL=0",
        });
        socket.once("error", reject).once("secureConnect", () => {
          resolve(socket.getProtocol());
          socket.destroy();
        });
      });
    expect(await versionWith("TLSv1.3")).toBe("TLSv1.3");
    expect(await versionWith("TLSv1.2")).toBe("TLSv1.2");
    await expect(versionWith("TLSv1.1")).rejects.toThrow(/alert protocol version/);
  });

  it("shows the new certificate after a renewal, to new connections, without a restart", async () => {
    const renewed = new TestAuthority();
    await writeCertificate(directory.path, renewed.issue(NAMES));
    await eventually("the renewal", () => statusFor(api, renewed.certificate).catch(() => false));
    await expect(statusFor(api, authority.certificate)).rejects.toThrow(/certificate/);
    expect(logs.join("")).toContain("the certificate was renewed");
  });

  it("keeps the last good certificate while a renewal is half written, and says so once", async () => {
    await writeFile(files.certFile, "-----BEGIN CERT");
    await eventually("it is noticed", () => logs.join("").includes("the last good certificate stays in use"));
    expect(await statusFor(api, authority.certificate)).toBe(200);
    await writeFile(join(directory.path, "key.pem"), authority.issue(NAMES).key);
    await writeCertificate(directory.path, authority.issue(NAMES));
    await eventually("it is read in the end", () => logs.join("").includes("was renewed"));
    expect(logs.filter((line) => line.includes("last good"))).toHaveLength(1);
  });

  it("closes the connection that is one too many, and has room again when another one has ended", async () => {
    const options = {
      port: api.port,
      host: "127.0.0.1",
      ca: authority.certificate,
      servername: "api.example",
    };
    const open = Array.from({ length: 4 }, () => tls.connect(options).on("error", () => {}));
    await Promise.all(open.map((socket) => new Promise((resolve) => socket.once("secureConnect", resolve))));
    await expect(statusFor(api, authority.certificate)).rejects.toThrow(/disconnected|ECONNRESET/);
    open[0]?.destroy();
    await eventually("there is room again", () => statusFor(api, authority.certificate).catch(() => false));
  });

  it("cuts off a client that does not read, as in the clear", async () => {
    api.requester.onJob = () => {};
    const options = {
      port: api.port,
      host: "127.0.0.1",
      ca: authority.certificate,
      servername: "api.example",
    };
    const socket = tls.connect(options).on("error", () => {});
    socket.pause();
    const body = JSON.stringify({ model: PLAIN_MODEL.name, prompt: "x" });
    socket.write(
      `POST /api/generate HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${api.apiKey}\r\n` +
        `Content-Length: ${body.length}\r\n\r\n${body}`,
    );
    await eventually("the job was submitted", () => api.requester.jobs.length === 1);
    const job = api.requester.lastJob;
    for (let piece = 0; piece < 4_000 && !job.isEnded; piece++) {
      job.chunk("x".repeat(16 * 1024));
      await new Promise(setImmediate);
    }
    expect(job.failure).toMatchObject({ code: "aborted", message: "the client did not read its answer" });
    socket.destroy();
  });

  it("tells an operator when the certificate expires", async () => {
    const [, seconds] =
      /^flock_api_http_certificate_expiry_unix_seconds\S* (\d+)/m.exec(await metricsText(exporter)) ?? [];
    expect(Number(seconds) - Date.now() / 1_000).toBeGreaterThan(3_600);
    expect(Number(seconds) - Date.now() / 1_000).toBeLessThanOrEqual(86_400);
  });
});

describe("gRPC with a certificate", () => {
  let api: TestGrpc;
  const clients: GrpcTestClient[] = [];
  beforeEach(async () => {
    api = await startTestGrpc({ certificate: await certificateFor("grpc") });
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await api.stop();
  });

  const answerFor = async (ca: string, name = "api.example") => {
    const named = { "grpc.ssl_target_name_override": name };
    const trusting = credentials.createSsl(Buffer.from(ca));
    const client = new GrpcTestClient(api.address, api.apiKey, trusting, named);
    clients.push(client);
    const messages = await client.stream(InferenceDefinition, chat, hello).all;
    return messages.map(({ text }) => text).join("");
  };

  it("is for clients who trust its authority and ask for its name, and for nobody in the clear", async () => {
    expect(await answerFor(authority.certificate)).toBe("hello you");
    const strange = await failureOf(answerFor(stranger.certificate));
    const misnamed = await failureOf(answerFor(authority.certificate, "other.example"));
    const plain = await failureOf(api.client.stream(InferenceDefinition, chat, hello).all);
    expect([strange, misnamed, plain].map(({ code }) => code)).toEqual(Array(3).fill(status.UNAVAILABLE));
  });

  it("shows the new certificate after a renewal, to new connections, without a restart", async () => {
    const renewed = new TestAuthority();
    await writeCertificate(directory.path, renewed.issue(NAMES));
    await eventually("the renewal", () => answerFor(renewed.certificate).catch(() => false));
    const { code } = await failureOf(answerFor(authority.certificate));
    expect(code).toBe(status.UNAVAILABLE);
  });
});

describe("files that are no certificate", () => {
  it("are refused by the names of their variables, and nothing of them is told", async () => {
    files = { certFile: "/nowhere/cert.pem", keyFile: "/nowhere/key.pem" };
    await expect(certificateFor("grpc")).rejects.toThrow(
      "API_GRPC_TLS_CERT_FILE: /nowhere/cert.pem cannot be read",
    );
    files = await writeCertificate(directory.path, {
      ...authority.issue(NAMES),
      key: authority.issue(NAMES).key,
    });
    const error: unknown = await certificateFor("http").catch((thrown: unknown) => thrown);
    expect(error).toEqual(
      new FlockError(
        "invalid_argument",
        "API_TLS_CERT_FILE, API_TLS_KEY_FILE: are no certificate and its key, PEM",
      ),
    );
    expect(error).not.toHaveProperty("cause");
  });
});

describe("a door in the clear", () => {
  const config = {
    API_HOST: "127.0.0.1",
    API_GRPC_HOST: "localhost",
    API_TLS_CERT_FILE: undefined,
    API_GRPC_TLS_CERT_FILE: undefined,
    API_TRUSTED_PROXIES: [],
  };

  it.each([
    ["on this machine alone", {}, []],
    ["on IPv6's loopback", { API_HOST: "::1" }, []],
    ["on every address", { API_HOST: "0.0.0.0" }, ["API_HOST=0.0.0.0"]],
    ["on every address of IPv6", { API_GRPC_HOST: "::" }, ["API_GRPC_HOST=::"]],
    ["at a name", { API_HOST: "api.example" }, ["API_HOST=api.example"]],
    ["on every address, with a certificate", { API_HOST: "::", API_TLS_CERT_FILE: "/cert.pem" }, []],
    ["on every address, behind a proxy", { API_HOST: "::", API_TRUSTED_PROXIES: ["10.0.0.1"] }, []],
  ])("%s is warned of at the start if other machines reach it", (_where, changes, warned) => {
    expect(clearDoors({ ...config, ...changes })).toEqual(warned);
  });
});

import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import tls from "node:tls";
import { ensureJobsStream, ensureTicketConsumer, jetstreamOf, type Mesh } from "@flock/mesh";
import { passPullsOn } from "@flock/ports";
import { SUBJECTS, ticketConsumer } from "@flock/proto";
import { freePort } from "@flock/provision";
import { createTestDirectory, eventually } from "@flock/provision/testing";
import type { Msg } from "@nats-io/nats-core";
import { issueService, webSocketConfiguration } from "../src/index.js";
import { AccountsRig } from "./accounts-rig.js";

const MODEL = "llama3:latest";
const WORKER = "BehindAFirewall";

describe("a worker over WebSocket", () => {
  let rig: AccountsRig;
  let core: Mesh;
  let worker: Mesh;
  let natsUrl: string;
  beforeAll(async () => {
    const listener = { host: "127.0.0.1", port: await freePort() };
    natsUrl = `ws://127.0.0.1:${listener.port}`;
    rig = await AccountsRig.start({}, webSocketConfiguration(listener));
    core = await rig.core();
    await ensureJobsStream(core);
    await ensureTicketConsumer(core, ticketConsumer(MODEL), SUBJECTS.tickets(MODEL));
    passPullsOn(core, ticketConsumer(MODEL));
    const inboxPrefix = SUBJECTS.workerInbox(WORKER);
    worker = await rig.connect(WORKER, await rig.pass({ workerId: WORKER }), { natsUrl, inboxPrefix });
  });
  afterAll(() => rig.stop());

  it("pulls tickets and reports as one over TCP does", async () => {
    const reports: Msg[] = [];
    core.nats.subscribe(SUBJECTS.allReports, { callback: (_, msg) => void reports.push(msg) });
    await core.nats.flush();
    const tickets: Msg[] = [];
    worker.nats.subscribe(SUBJECTS.delivery(WORKER, "way"), { callback: (_, msg) => void tickets.push(msg) });
    worker.nats.publish(SUBJECTS.pull(WORKER, ticketConsumer(MODEL)), "way");
    await jetstreamOf(core).publish(SUBJECTS.tickets(MODEL), "a ticket");
    await eventually("the ticket", () => tickets.length === 1);
    worker.nats.publish(SUBJECTS.report(WORKER, "requester"), "a chunk");
    await eventually("the report", () => reports.length === 1);
  });

  it("has no other rights than that one", async () => {
    const errors: string[] = [];
    void (async () => {
      for await (const status of worker.nats.status())
        if (status.type === "error") errors.push(status.error.message);
    })();
    worker.nats.publish(SUBJECTS.heartbeat("Another"), "x");
    await eventually("a refusal", () => errors.some((text) => text.includes("Permissions Violation")));
  });

  it("is no service: the credentials of one are for TCP alone", async () => {
    const credentials = await issueService(rig.tree, "api");
    await expect(rig.connect("api", credentials, { natsUrl })).rejects.toMatchObject({
      code: "unauthenticated",
    });
  });
});

describe("a WebSocket listener", () => {
  it("speaks TLS with the certificate that it is given", async () => {
    const directory = await createTestDirectory();
    const [certFile, keyFile] = [join(directory.path, "cert.pem"), join(directory.path, "key.pem")];
    const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"];
    const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
    execFileSync("openssl", ["req", "-x509", ...curve, ...subject, "-keyout", keyFile, "-out", certFile], {
      stdio: "ignore",
    });
    const listener = { host: "127.0.0.1", port: await freePort(), tls: { certFile, keyFile } };
    const rig = await AccountsRig.start({}, webSocketConfiguration(listener));
    const secure = tls.connect({ ...listener, servername: "localhost", ca: readFileSync(certFile) });
    await once(secure, "secureConnect");
    expect(secure.authorized).toBe(true);
    secure.destroy();
    await rig.stop();
    await directory.remove();
  });

  it("is never in the clear for other machines", () => {
    expect(() => webSocketConfiguration({ host: "0.0.0.0", port: 443 })).toThrow("needs a certificate");
    const files = { certFile: "/etc/cert.pem", keyFile: "/etc/key.pem" };
    const text = webSocketConfiguration({ host: "0.0.0.0", port: 443, tls: files });
    expect(text).toContain('tls { cert_file: "/etc/cert.pem", key_file: "/etc/key.pem" }');
    expect(text).not.toContain("no_tls");
  });
});

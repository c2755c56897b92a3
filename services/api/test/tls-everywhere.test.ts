import { writeFile } from "node:fs/promises";
import { request } from "node:https";
import { join } from "node:path";
import { HealthDefinition, HealthCheckResponse_ServingStatus as ServingStatus } from "@flock/proto/grpc";
import {
  createTestDirectory,
  startTestNats,
  startTestPostgres,
  TestAuthority,
  type TestDirectory,
  type TestNats,
  type TestPostgres,
  writeCertificate,
} from "@flock/provision/testing";
import { credentials } from "@grpc/grpc-js";
import { ApiUnderTest } from "./api-under-test.js";
import { GrpcTestClient } from "./grpc-client.js";

const authority = new TestAuthority();
const CLEAR = "in the clear: there is no TLS";

let directory: TestDirectory;
let nats: TestNats;
let postgres: TestPostgres;
let environment: Record<string, string>;
beforeAll(async () => {
  directory = await createTestDirectory();
  const certificate = authority.issue(["localhost"]);
  const { certFile, keyFile } = await writeCertificate(directory.path, certificate);
  const caFile = join(directory.path, "ca.pem");
  await writeFile(caFile, authority.certificate);
  const files = { cert_file: certFile, key_file: keyFile, ca_file: caFile, verify: true };
  [nats, postgres] = await Promise.all([
    startTestNats({ extraConfig: `tls ${JSON.stringify(files)}` }),
    startTestPostgres({ certificate }),
  ]);
  const url = new URL(postgres.url);
  url.hostname = "localhost";
  url.search = new URLSearchParams({ sslmode: "verify-full", sslrootcert: caFile }).toString();
  const urlFile = join(directory.path, "database-url");
  await writeFile(urlFile, `${url.href}\n`, { mode: 0o600 });
  environment = {
    ...{ NATS_CA_FILE: caFile, NATS_CERT_FILE: certFile, NATS_KEY_FILE: keyFile },
    ...{ DATABASE_URL: "", DATABASE_URL_FILE: urlFile },
    ...{ API_TLS_CERT_FILE: certFile, API_TLS_KEY_FILE: keyFile },
    ...{ API_GRPC_TLS_CERT_FILE: certFile, API_GRPC_TLS_KEY_FILE: keyFile },
  };
}, 60_000);
afterAll(async () => {
  await Promise.all([nats.stop(), postgres.stop()]);
  await directory.remove();
});

const start = (more: Record<string, string> = {}) =>
  ApiUnderTest.start(`tls://localhost:${nats.port}`, "", { ...environment, ...more });

describe("an api with TLS at every edge", () => {
  it("serves HTTP and gRPC, with NATS and PostgreSQL verified, and warns of nothing", async () => {
    const api = await start({ API_HOST: "0.0.0.0", API_GRPC_HOST: "0.0.0.0" });
    try {
      const { port } = new URL(api.baseUrl);
      const status = await new Promise((resolve, reject) => {
        const options = { host: "127.0.0.1", servername: "localhost", port, ca: authority.certificate };
        request({ ...options, path: "/api/version" }, (answer) => resolve(answer.resume().statusCode))
          .once("error", reject)
          .end();
      });
      expect(status).toBe(200);
      const trusting = credentials.createSsl(Buffer.from(authority.certificate));
      const named = { "grpc.ssl_target_name_override": "localhost" };
      const client = new GrpcTestClient(api.grpcAddress, undefined, trusting, named);
      expect(await client.ask(HealthDefinition, HealthDefinition.methods.check, {})).toEqual({
        status: ServingStatus.SERVING,
      });
      client.close();
      expect(api.logs.join("")).not.toContain(CLEAR);
    } finally {
      await api.stop();
    }
  });

  it("warns at its start of each door that others reach in the clear", async () => {
    const plain = { API_TLS_CERT_FILE: "", API_TLS_KEY_FILE: "" };
    const api = await start({ ...plain, API_HOST: "0.0.0.0", API_GRPC_HOST: "0.0.0.0" });
    await api.stop();
    const warnings = api.logs.filter((line) => line.includes(CLEAR));
    expect(warnings).toEqual([expect.stringContaining('"door":"API_HOST=0.0.0.0"')]);
  });

  it("does not start on a certificate that it cannot read, and names the variable", async () => {
    await expect(start({ API_TLS_CERT_FILE: "/nowhere/cert.pem" })).rejects.toThrow(
      "API_TLS_CERT_FILE: /nowhere/cert.pem cannot be read",
    );
  });
});

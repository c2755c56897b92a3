import { readApiConfig } from "./config.js";

const REQUIRED = { DATABASE_URL: "postgres://u:p@localhost:5432/flock", MESH_KEY_FILE: "mesh-key.json" };

describe("readApiConfig", () => {
  it("needs nothing but a database and the key of the mesh", () => {
    expect(readApiConfig(REQUIRED)).toMatchObject({
      API_HOST: "127.0.0.1",
      API_PORT: 11_435,
      API_GRPC_PORT: 50_051,
      API_BODY_BYTES_MAX: 20 * 1024 * 1024,
      API_COMPLETION_TOKENS_MAX: 4_096,
      API_CORS_ORIGINS: [],
      API_TRUSTED_PROXIES: [],
      API_UNLIMITED_CLIENTS: [],
    });
  });

  it("names every variable that is wrong, and no secret", () => {
    const read = () =>
      readApiConfig({
        DATABASE_URL: "mysql://u:hunter2@h/x",
        API_PORT: "99999",
        API_BODY_BYTES_MAX: "1000",
        API_STALL_TIMEOUT_MS: "soon",
      });
    for (const name of ["DATABASE_URL", "API_PORT", "API_BODY_BYTES_MAX", "API_STALL_TIMEOUT_MS"])
      expect(read).toThrow(name);
    expect(read).toThrow(expect.objectContaining({ message: expect.not.stringContaining("hunter2") }));
    for (const name of Object.keys(REQUIRED)) expect(() => readApiConfig({})).toThrow(name);
  });

  it("refuses a mistyped variable of its own by name", () => {
    const read = () => readApiConfig({ ...REQUIRED, API_SESSION_TTL: "60000" });
    expect(read).toThrow("API_SESSION_TTL: no such variable");
  });

  it("reads addresses and ranges of proxies, and takes nothing else for one", () => {
    const read = (proxies: string) => readApiConfig({ ...REQUIRED, API_TRUSTED_PROXIES: proxies });
    expect(read("10.0.0.0/8, ::1").API_TRUSTED_PROXIES).toEqual(["10.0.0.0/8", "::1"]);
    for (const proxies of ["true", "loopback", "10.0.0.0/0", "10.0.0.1,proxy.example"])
      expect(() => read(proxies)).toThrow("API_TRUSTED_PROXIES");
    expect(() => read("10.0.0.1,proxy.example")).toThrow('"proxy.example" is no address');
  });

  it("reads a list of origins", () => {
    const config = readApiConfig({
      ...REQUIRED,
      API_CORS_ORIGINS: " https://a.example , https://b.example,",
    });
    expect(config.API_CORS_ORIGINS).toEqual(["https://a.example", "https://b.example"]);
    const read = () => readApiConfig({ ...REQUIRED, API_CORS_ORIGINS: "local,https://a.example/" });
    expect(read).toThrow('API_CORS_ORIGINS.1: "https://a.example/" is no origin');
  });

  it("takes a certificate for gRPC with its key, and neither without the other", () => {
    const files = { API_GRPC_TLS_CERT_FILE: "/tls/cert.pem", API_GRPC_TLS_KEY_FILE: "/tls/key.pem" };
    expect(readApiConfig({ ...REQUIRED, ...files })).toMatchObject(files);
    for (const [name, missing] of [
      ["API_GRPC_TLS_CERT_FILE", "API_GRPC_TLS_KEY_FILE"],
      ["API_GRPC_TLS_KEY_FILE", "API_GRPC_TLS_CERT_FILE"],
    ] as const)
      expect(() => readApiConfig({ ...REQUIRED, [name]: files[name] })).toThrow(`${missing}: is missing`);
  });

  it("takes an issuer of workers with where they find NATS, and never tells them who one is there", () => {
    const API_WORKER_ISSUER_FILE = "/secrets/issuer.json";
    const read = (more: NodeJS.ProcessEnv) => readApiConfig({ ...REQUIRED, API_WORKER_ISSUER_FILE, ...more });
    const urls = ["nats://nats.example:4222", "tls://10.0.0.1", "ws://[::1]:80/x", "wss://nats.example"];
    expect(read({ API_WORKER_NATS_URLS: urls.join(", ") })).toMatchObject({
      API_WORKER_NATS_URLS: urls,
      API_WORKER_SESSION_SECONDS: 3_600,
    });
    expect(() => read({})).toThrow("API_WORKER_NATS_URLS: is missing");
    for (const wrong of [
      "https://nats.example",
      "nats.example:4222",
      "nats://",
      "nats://me:hunter2@nats.example",
    ])
      expect(() => read({ API_WORKER_NATS_URLS: wrong })).toThrow("is no address for everybody");
    const urlsAlone = { ...REQUIRED, API_WORKER_NATS_URLS: urls[0] };
    expect(readApiConfig(urlsAlone).API_WORKER_ISSUER_FILE).toBeUndefined();
  });

  it("takes sessions of workers that are remembered for as long as they live", () => {
    const read = (more: NodeJS.ProcessEnv) => readApiConfig({ ...REQUIRED, ...more });
    for (const seconds of ["59", "43201"])
      expect(() => read({ API_WORKER_SESSION_SECONDS: seconds })).toThrow("API_WORKER_SESSION_SECONDS");
  });

  it("refuses one port for two things", () => {
    const read = () => readApiConfig({ ...REQUIRED, API_PORT: "8080", HEALTH_PORT: "8080" });
    expect(read).toThrow("HEALTH_PORT and API_PORT are both 8080");
    expect(readApiConfig({ ...REQUIRED, API_PORT: "0", HEALTH_PORT: "0" })).toMatchObject({ API_PORT: 0 });
  });
});

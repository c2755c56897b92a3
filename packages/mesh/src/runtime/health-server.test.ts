import { createMetrics } from "@flock/observability";
import { type HealthServer, serveHealth } from "./health-server.js";

describe("the health server", () => {
  let acted = 0;
  let server: HealthServer;
  const metrics = createMetrics("test");
  beforeAll(async () => {
    const act = () => {
      acted += 1;
      return { acted };
    };
    server = await serveHealth({
      host: "127.0.0.1",
      port: 0,
      metrics,
      notReady: () => ["not yet"],
      routes: () => [{ method: "POST", path: "/control/act", handle: act }],
    });
  });
  afterAll(() => Promise.all([server.close(), metrics.close()]));

  const ask = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`, init);
    return { status: response.status, body: await response.text() };
  };

  it("tells an operator whether the service lives, and why it is not ready", async () => {
    expect((await ask("/livez")).status).toBe(200);
    expect(await ask("/readyz")).toEqual({ status: 503, body: '{"ready":false,"reasons":["not yet"]}\n' });
    expect((await ask("/metrics")).status).toBe(200);
    expect((await ask("/nobody")).status).toBe(404);
  });

  it("obeys no page in a browser", async () => {
    const page = { method: "POST", headers: { origin: "https://evil.example" } };
    expect((await ask("/control/act", page)).status).toBe(403);
    expect(acted).toBe(0);
    expect(await ask("/control/act", { method: "POST" })).toEqual({ status: 200, body: '{"acted":1}\n' });
  });
});

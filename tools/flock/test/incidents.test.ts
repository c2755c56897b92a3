import { connectMesh, type Mesh, method, serve } from "@flock/mesh";
import { createLogger, createMetrics } from "@flock/observability";
import { PROTOCOL_VERSION } from "@flock/proto";
import { API } from "@flock/proto/keys";
import { startTestNats, type TestNats } from "@flock/provision/testing";
import { runHere } from "./run-here.js";

/* `flock admin incidents` against a real nats-server, with a stand-in for the api behind it. */

const version = PROTOCOL_VERSION;
const ID = "11111111-1111-4111-8111-111111111111";

describe("flock admin incidents", () => {
  let nats: TestNats;
  let mesh: Mesh;
  let serving: Promise<void>;
  const stop = new AbortController();
  const asked: unknown[] = [];

  beforeAll(async () => {
    nats = await startTestNats();
    const [logger, meter] = [createLogger("test", "silent"), createMetrics("test").meter];
    mesh = await connectMesh({ natsUrl: nats.url, name: "test", logger, meter });
    const incident = {
      ...{ incidentId: ID, service: "router", effect: "new requests wait", done: "" },
      ...{ beganUnixMs: 1_700_000_000_000, endedUnixMs: 0 },
    };
    const methods = [
      method(API.listIncidents, () => ({ version, incidents: [incident] })),
      method(API.openIncident, (request) => {
        asked.push(request);
        return { version, incidentId: ID };
      }),
      method(API.changeIncident, (request) => {
        asked.push(request);
        return { version };
      }),
    ];
    serving = serve(mesh, "api", methods).start(stop.signal);
    await mesh.nats.flush();
  }, 60_000);
  afterAll(async () => {
    stop.abort();
    await serving;
    await mesh?.close();
    await nats?.stop();
  });

  const flock = (...args: string[]) => runHere(["admin", "incidents", ...args], { NATS_URL: nats.url });

  it("lists them, opens and closes them, and writes what was done", async () => {
    expect((await flock("list")).stdout).toMatch(
      new RegExp(`${ID} +router +2023-11-14.* +goes on +new requests wait`),
    );
    expect(JSON.parse((await flock("list", "--json")).stdout)).toMatchObject([
      { incidentId: ID, ended: null },
    ]);
    const opened = await flock("open", "treasury", "--effect", "payouts wait", "--down");
    expect(opened).toMatchObject({ code: 0, stdout: `${ID}\n` });
    await flock("done", ID, "another disk");
    await flock("close", ID);
    expect(asked).toMatchObject([
      { service: "treasury", effect: "payouts wait", isDown: true },
      { incidentId: ID, done: "another disk", ends: false },
      { incidentId: ID, done: undefined, ends: true },
    ]);
  });
});

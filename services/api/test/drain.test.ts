import { Agent } from "node:http";
import { eventually } from "@flock/provision/testing";
import { send } from "../../../test/conformance/http-client.js";
import { linesOf, post } from "./clients.js";
import { PLAIN_MODEL, startTestApi } from "./start-test-api.js";

const model = PLAIN_MODEL.name;

describe("a drain", () => {
  it("lets running answers finish, refuses new requests clearly, and closes the port", async () => {
    const api = await startTestApi();
    api.requester.onJob = () => {};
    // A connection that is busy when the drain begins: requests may still follow on it.
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const headers = { authorization: `Bearer ${api.apiKey}` };
    const whole = { model, prompt: "whole", stream: false };
    const first = send(api.baseUrl, {
      method: "POST",
      path: "/api/generate",
      headers,
      agent,
      body: JSON.stringify(whole),
    });
    const second = send(api.baseUrl, {
      method: "POST",
      path: "/api/chat",
      headers,
      agent,
      body: JSON.stringify({ model }),
    });
    const streamed = post(api, "/api/generate", { model, prompt: "streamed" }).then(linesOf);
    await eventually("two jobs run", () => api.requester.jobs.length === 2);
    const stopped = api.stop();
    await eventually("the drain has begun", () => api.drain.isDraining);
    await expect(fetch(api.baseUrl)).rejects.toThrow();

    const [wholeJob, streamedJob] = ["whole", "streamed"].map((prompt) =>
      api.requester.jobs.find((job) => job.body["prompt"] === prompt),
    );
    wholeJob?.chunk("done");
    wholeJob?.end();
    const answered = await first;
    expect([answered.status, answered.headers.connection]).toEqual([200, "close"]);
    // The client's next request finds its connection closed: it was told, and nothing is half answered.
    await expect(second).rejects.toThrow();
    streamedJob?.chunk("go");
    streamedJob?.chunk("on");
    streamedJob?.end();
    expect((await streamed).map((line) => line["done"])).toEqual([false, false, true]);
    await stopped;
    agent.destroy();
  });

  it("answers what still arrives on an open connection with 503, Retry-After and close", async () => {
    const api = await startTestApi();
    api.requester.onJob = () => {};
    const pending = post(api, "/api/generate", { model, prompt: "x" }).then(linesOf);
    await eventually("a job runs", () => api.requester.jobs.length === 1);
    const drained = api.drain.drain();
    const response = await send(api.baseUrl, {
      method: "POST",
      path: "/api/generate",
      headers: { authorization: `Bearer ${api.apiKey}` },
      body: "x".repeat(3 * 1024 * 1024),
      agent: new Agent({ keepAlive: true }),
    });
    expect(response.status).toBe(503);
    expect(response.headers).toMatchObject({
      "retry-after": "1",
      "retry-after-ms": "1000",
      connection: "close",
    });
    expect(JSON.parse(response.body)).toEqual({ error: "the server is shutting down, please try again" });
    api.requester.lastJob.end();
    await Promise.all([pending, drained, api.stop()]);
  });
});

import { Operation } from "@flock/proto/jobs";
import { endpointOf, requestBody } from "./request-body.js";

describe("requestBody", () => {
  it("passes known fields on and drops the rest", () => {
    const request = {
      messages: [],
      keep_alive: -1,
      stream: false,
      _debug_render_only: true,
      format: "json",
      evil: 1,
    };
    expect(requestBody("chat", "m:latest", request, 0)).toEqual({
      model: "m:latest",
      messages: [],
      format: "json",
      options: {},
      truncate: false,
      shift: false,
    });
  });

  it("drops options that decide over the machine and keeps those that decide over the answer", () => {
    const options = { temperature: 0, seed: 7, num_gpu: 99, num_thread: 64, use_mmap: false, num_predict: 5 };
    const body = requestBody("generate", "m:latest", { prompt: "hi", options }, 0);
    expect(body.options).toEqual({ temperature: 0, seed: 7, num_predict: 5 });
  });

  it.each([null, [], "x", 5])("takes options %j for none", (options) => {
    expect(requestBody("generate", "m:latest", { options }, 0).options).toEqual({});
  });

  it("gives embeddings no text fields", () => {
    const body = requestBody("embed", "m:latest", { input: ["a"], format: "json", logprobs: true }, 0);
    expect(body).toEqual({ model: "m:latest", input: ["a"], options: {} });
  });

  it("knows no endpoint for an unspecified operation", () => {
    expect(endpointOf(Operation.UNSPECIFIED)).toBeUndefined();
  });
});

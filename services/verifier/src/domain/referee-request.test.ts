import { firstChoices, jsonOf, modelParameters, refereeRequest } from "./referee-request.js";

const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

describe("a referee's request", () => {
  it("is the client's, with probabilities, and with room for one token more", () => {
    const asked = { model: "m", prompt: "p", options: { temperature: 0.7, seed: 3, num_predict: 20 } };
    const request = refereeRequest(bytes(asked), 30, 0);
    expect(jsonOf(request ?? new Uint8Array())).toEqual({
      ...asked,
      options: { temperature: 0.7, seed: 3, num_predict: 31 },
      logprobs: true,
      top_logprobs: 20,
    });
  });

  it("has other options where the referee ended before", () => {
    const request = refereeRequest(bytes({ options: { temperature: 0, seed: 3 } }), 30, 2);
    expect(jsonOf(request ?? new Uint8Array())).toMatchObject({
      options: { temperature: 2, seed: 2, num_predict: 31 },
    });
  });

  it("is not made of what is no request", () => {
    expect(refereeRequest(new TextEncoder().encode("["), 1, 0)).toBeUndefined();
    expect(refereeRequest(bytes({ options: 3 }), 1, 0)).toBeUndefined();
  });
});

describe("a referee's answer", () => {
  it("is the first choices of its first token", () => {
    const first = { token: "a", logprob: -0.1, top_logprobs: [{ token: "a", logprob: -0.1 }] };
    expect(firstChoices(bytes([first]))).toEqual([{ token: "a", logprob: -0.1 }]);
  });

  it("is nothing when it tells none, or something else", () => {
    for (const value of [
      [],
      {},
      [{ token: "a" }],
      [{ top_logprobs: [] }],
      [{ top_logprobs: [{ token: 3 }] }],
    ])
      expect(firstChoices(bytes(value))).toBeUndefined();
  });
});

describe("a model's parameters", () => {
  it("are read as Ollama lists them", () => {
    const parameters = 'temperature                    0.6\nstop   "<|end|>"\nstop   "x"\ntop_k 20';
    expect(modelParameters(bytes({ parameters }))).toEqual({
      temperature: 0.6,
      top_k: 20,
      stop: ['"<|end|>"', '"x"'],
    });
    expect(modelParameters(bytes({}))).toEqual({});
  });
});

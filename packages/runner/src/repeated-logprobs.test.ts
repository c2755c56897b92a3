import { logprobsBehind } from "./repeated-logprobs.js";

const LOGPROBS = [" ", " the", " fox"].map((token) => ({
  token,
  logprob: -1,
  bytes: [...Buffer.from(token)],
}));

function behind(length: number): { token: string; bytes: number[] }[] {
  return JSON.parse(Buffer.from(logprobsBehind(Buffer.from(JSON.stringify(LOGPROBS)), length)).toString());
}

describe("log probabilities of a piece of which a part was delivered before", () => {
  it.each([
    [0, [" ", " the", " fox"]],
    [1, [" the", " fox"]],
    [2, ["the", " fox"]],
    [9, []],
  ])("are those of the rest: %i characters", (length, tokens) => {
    expect(behind(length).map(({ token }) => token)).toEqual(tokens);
    for (const { token, bytes } of behind(length)) expect(Buffer.from(bytes).toString()).toBe(token);
  });
});

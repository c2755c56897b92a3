import { certainEnd, optionsOfQuestion } from "./asking.js";
import { isMiss } from "./misses.js";

const SAMPLED = { temperature: 0.8, topK: 40, topP: 0.9, minP: 0, penaltyMillinats: 0, endsByItself: true };

describe("a referee that ends where the answer goes on", () => {
  it("is asked as the client asked, and then so that it says something else", () => {
    const options = { temperature: 0, num_predict: 7 };
    expect(optionsOfQuestion(options, 0)).toEqual(options);
    const again = optionsOfQuestion(options, 2);
    expect(again).toMatchObject({ num_predict: 7, seed: 2, temperature: 2 });
  });

  it("speaks against a worker that went on, greedy or not", () => {
    expect(isMiss(certainEnd(4), { ...SAMPLED, temperature: 0 })).toBe(true);
    expect(isMiss(certainEnd(4), SAMPLED)).toBe(true);
  });
});

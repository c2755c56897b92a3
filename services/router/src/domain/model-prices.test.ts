import { DEFAULT_PARAMETERS } from "@flock/parameters";
import { pricesOf } from "./model-prices.js";

const { values } = DEFAULT_PARAMETERS;

function priced(show: unknown, sizeBytes = 0) {
  const showJson = Buffer.from(JSON.stringify(show));
  const facts = {
    name: "m:latest",
    digest: "",
    modifiedUnixMs: 0,
    contextLength: 0,
    capabilities: [],
    resumesFormat: false,
  };
  return pricesOf({ ...facts, sizeBytes, showJson }, DEFAULT_PARAMETERS).completionPriceMicro;
}

describe("the price of a model that is entered", () => {
  it.each([
    ["4.3M", values.priceUpTo1bCompletionMicro],
    ["8.2B", values.priceUpTo8bCompletionMicro],
    ["70B", values.priceUpTo80bCompletionMicro],
    ["1T", values.priceAbove80bCompletionMicro],
  ])("follows the size that its Ollama shows: %s", (size, price) => {
    expect(priced({ details: { parameter_size: size } })).toBe(price);
  });

  it.each([
    {},
    { details: null },
    { details: { parameter_size: "huge" } },
    { details: { parameter_size: 8 } },
  ])("follows its file where no size can be read: %j", (show) => {
    expect(priced(show, 20e9)).toBe(values.priceUpTo34bCompletionMicro);
    expect(priced(show, 0)).toBe(values.priceUpTo1bCompletionMicro);
    expect(priced(show, Number.MAX_SAFE_INTEGER)).toBe(values.priceAbove80bCompletionMicro);
  });
});

import { preferredEncoding, prefersHtml } from "./accepted.js";

describe("a page is asked for", () => {
  it.each([
    // What Firefox, Chromium and Safari send.
    "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7",
    "text/html",
    "TEXT/HTML; charset=utf-8",
    "text/html, */*",
    "text/plain;q=0.5, text/html;q=0.6",
    "application/json, text/html;q=0.1",
  ])("by %s", (accept) => {
    expect(prefersHtml(accept)).toBe(true);
  });

  it.each([
    undefined,
    "",
    "*/*",
    "text/*",
    "application/json, text/plain, */*",
    "text/plain",
    "text/html, text/plain",
    "text/html;q=0.5, text/plain",
    "text/html;q=0.5, */*",
    "text/html;q=0",
    "text/html;q=0.0, */*;q=0.1",
    "text/html;q=nonsense",
    "text/html5",
    ",;q=1,,",
  ])("not by %s", (accept) => {
    expect(prefersHtml(accept)).toBe(false);
  });
});

describe("the encoding that is wanted", () => {
  it.each([
    ["gzip, deflate, br, zstd", "br"],
    ["gzip", "gzip"],
    ["br;q=0.5, gzip;q=0.8", "gzip"],
    ["br;q=0, gzip", "gzip"],
    ["*", "br"],
    ["*;q=0.2, br;q=0", "gzip"],
    ["identity, br;q=0.5", undefined],
    ["deflate", undefined],
    ["br;q=0, gzip;q=0", undefined],
    [undefined, undefined],
    ["", undefined],
  ])("of %j is %j", (accept, encoding) => {
    expect(preferredEncoding(accept, ["br", "gzip"])).toBe(encoding);
  });

  it("is one that there is", () => {
    expect(preferredEncoding("br, gzip", [])).toBeUndefined();
    expect(preferredEncoding("br, gzip", ["gzip"])).toBe("gzip");
  });
});

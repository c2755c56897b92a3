import type { IncomingMessage } from "node:http";
import { apiKeyOf, showsNoKey, takeKeyFromPath } from "./api-key-of.js";

/** The parts of a request that are looked at. */
function requestOf(url: string, headers: Record<string, string> = {}): IncomingMessage {
  return { url, headers } as unknown as IncomingMessage;
}

describe("takeKeyFromPath", () => {
  it.each([
    ["/k/flk_1/api/chat", "/api/chat", "flk_1"],
    ["/k/flk_1/api/chat?x=/k/2/", "/api/chat?x=/k/2/", "flk_1"],
    ["/k/flk_1/", "/", "flk_1"],
    ["/k/flk_1", "/", "flk_1"],
    ["/k/flk_1?x", "/?x", "flk_1"],
    ["/k/flk_1//api", "/api", "flk_1"],
    ["//k//flk_1/api/", "/api", "flk_1"],
    ["/%6b/flk_1/api", "/api", "flk_1"],
    ["http://host/k/flk_1/api", "/api", "flk_1"],
    ["/k/flk_1/../api", "/", "api"],
    ["/k//api", "/", "api"],
    ["/k/", "/k", undefined],
    ["/k?x", "/k?x", undefined],
    ["/k%2Fflk_1/api", "/k%2Fflk_1/api", undefined],
    ["/api/chat", "/api/chat", undefined],
    ["/api/k/flk_1/x", "/api/k/flk_1/x", undefined],
    ["/key/flk_1", "/key/flk_1", undefined],
    ["", "/", undefined],
  ])("%s is %s with key %s", (url, path, key) => {
    const request = requestOf(url === "" ? (undefined as unknown as string) : url);
    expect(takeKeyFromPath(request)).toBe(path);
    expect(apiKeyOf(request)).toBe(key);
  });
});

describe("apiKeyOf", () => {
  it.each([
    ["Bearer k", "k"],
    ["bearer   k  ", "k"],
    ["BEARER k", "k"],
    ["Bearer", undefined],
    ["Bearer ", undefined],
    ["Bearer a b", undefined],
    ["Basic k", undefined],
    ["k", undefined],
  ])("%j carries %s", (authorization, key) => {
    expect(apiKeyOf(requestOf("/", { authorization }))).toBe(key);
  });

  it("takes a dialect's own header before Authorization, and the path before both", () => {
    const headers = { "x-api-key": "own", authorization: "Bearer other" };
    const request = requestOf("/k/path/x", headers);
    expect(apiKeyOf(request, "x-api-key")).toBe("own");
    takeKeyFromPath(request);
    expect(apiKeyOf(request, "x-api-key")).toBe("path");
  });

  it("takes an empty header of a dialect for none", () => {
    const headers = { "x-api-key": "", authorization: "Bearer other" };
    expect(apiKeyOf(requestOf("/", headers), "x-api-key")).toBe("other");
  });
});

describe("showsNoKey", () => {
  it.each([
    [{}, true],
    [{ authorization: "" }, true],
    [{ authorization: "Bearer " }, true],
    [{ "x-api-key": "" }, true],
    [{ authorization: "Bearer x" }, false],
    [{ authorization: "Bearer a b" }, false],
    [{ authorization: "Basic eA==" }, false],
    [{ authorization: "flk_x" }, false],
    [{ "x-api-key": "x" }, false],
  ])("%j: %j", (headers, isNone) => {
    expect(showsNoKey(requestOf("/", headers), "x-api-key")).toBe(isNone);
  });

  it("a key in the path is one", () => {
    const request = requestOf("/k/x/api/tags");
    takeKeyFromPath(request);
    expect(showsNoKey(request)).toBe(false);
  });
});

import fc from "fast-check";
import { normalisedTarget } from "./request-path.js";

describe("normalisedTarget", () => {
  it.each([
    ["/api/tags", "/api/tags"],
    ["/", "/"],
    ["", "/"],
    ["//", "/"],
    ["/api/tags/", "/api/tags"],
    ["/api/tags//", "/api/tags"],
    ["//api/tags", "/api/tags"],
    ["///api///tags", "/api/tags"],
    ["/./api/./tags/.", "/api/tags"],
    ["/api/../api/tags", "/api/tags"],
    ["/api/x/..//tags", "/api/tags"],
    ["/../../api/tags", "/api/tags"],
    ["/api/tags/..", "/api"],
    ["/api/%2e%2E/api/tags", "/api/tags"],
    ["/...", "/..."],
    ["/%61pi/t%41gs", "/api/tAgs"],
    ["/%6B/key%5f1/api", "/k/key_1/api"],
    ["/api%2Ftags", "/api%2Ftags"],
    ["/api/blobs/sha256%3Aabc", "/api/blobs/sha256%3Aabc"],
    ["/%zz/%", "/%zz/%"],
    ["/%25%36%31", "/%2561"],
    ["/%%36%31", "/%%361"],
    ["/a%00b", "/a%00b"],
    ["/api\\tags", "/api\\tags"],
    ["/api/tags?a=//b/../c", "/api/tags?a=//b/../c"],
    ["/api/tags/?", "/api/tags?"],
    ["/api/tags#//x", "/api/tags#//x"],
    ["http://host/api/tags", "/api/tags"],
    ["HTTP://host:80//api/tags/?x=1", "/api/tags?x=1"],
    ["https://u:p@[::1]:1/k/key/api", "/k/key/api"],
    ["http://host", "/"],
    ["http://host?x", "/?x"],
    ["*", "/"],
    ["*?x", "/?x"],
    ["/http://host/api", "/http:/host/api"],
  ])("%j is %j", (target, normalised) => {
    expect(normalisedTarget(target)).toBe(normalised);
  });

  it("has one form of a path, in a time that grows with its length", () => {
    const segment = fc.constantFrom("", ".", "..", "api", "%2e", "%2F", "%", "k", "a%61");
    fc.assert(
      fc.property(fc.array(segment, { maxLength: 30 }), (segments) => {
        const once = normalisedTarget(`/${segments.join("/")}`);
        expect(once).toMatch(/^\/(?!.*\/\/)/);
        expect(normalisedTarget(once)).toBe(once);
      }),
    );
    const startedMs = performance.now();
    normalisedTarget(`/${"a/../".repeat(200_000)}${"/".repeat(200_000)}${"%2e/".repeat(200_000)}`);
    expect(performance.now() - startedMs).toBeLessThan(2_000);
  });
});

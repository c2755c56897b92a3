import { isOriginPattern, originMatcher } from "./cors-origins.js";

describe("local origins", () => {
  const isLocal = originMatcher(["local"]);

  it.each([
    "http://localhost",
    "http://localhost:3000",
    "https://localhost:8443",
    "http://127.0.0.1:5173",
    "http://0.0.0.0:8000",
    "http://[::1]:3000",
    "app://obsidian.md",
    "app://-",
    "file://",
    "tauri://localhost",
    "vscode-webview://0abc",
    "vscode-file://vscode-app",
  ])("are pages of this machine and its apps: %s", (origin) => {
    expect(isLocal(origin)).toBe(true);
  });

  it.each([
    "http://evil.example",
    "http://localhost.evil.example",
    "http://evil-localhost:3000",
    "http://localhost:3000.evil.example",
    "http://127.0.0.1.evil.example:80",
    "http://127.0.0.2:80",
    "http://localhost:x",
    "null",
    "",
    "chrome-extension://abc",
    "http://app://x",
    "app://x/y",
  ])("are no others: %j", (origin) => {
    expect(isLocal(origin)).toBe(false);
  });
});

describe("a list of origins", () => {
  it("takes origins as they are written, whatever their case, and with the port that their scheme has", () => {
    const matches = originMatcher(["https://App.example:443", "http://b.example:8080", "null"]);
    const origins = [
      "https://app.example",
      "http://b.example:8080",
      "http://b.example",
      "https://app.example.org",
      "null",
    ];
    expect(origins.map(matches)).toEqual([true, true, false, false, true]);
  });

  it("takes any name before a domain, but not the domain itself", () => {
    const matches = originMatcher(["https://*.example.com"]);
    const origins = [
      "https://a.example.com",
      "https://a.b.example.com",
      "https://example.com",
      "https://aexample.com",
    ];
    expect(origins.map(matches)).toEqual([true, true, false, false]);
  });

  it.each([
    "*",
    "local",
    "null",
    "https://a.example",
    "http://localhost:*",
    "https://*.a.example",
    "moz-extension://*",
  ])("may hold %s", (pattern) => {
    expect(isOriginPattern(pattern)).toBe(true);
  });

  it.each([
    "a.example",
    "https://a.example/",
    "https://a.example/path",
    "https://*",
    "https://a.*",
    "*.a.example",
    "http://u@h",
  ])("may not hold %s", (pattern) => {
    expect(isOriginPattern(pattern)).toBe(false);
  });
});

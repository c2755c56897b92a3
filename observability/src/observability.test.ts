import { createLogger, redactKeyPath } from "./logger.js";
import { continueTrace, traceIdOf } from "./trace-context.js";

describe("createLogger", () => {
  it("redacts the usual carriers of prompts and keys", () => {
    const lines: string[] = [];
    const logger = createLogger("test", "info", { write: (line) => void lines.push(line) });
    logger.info({ apiKey: "flk_secret", body: { prompt: "my secret" }, jobId: "j1" }, "request");
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toContain("secret");
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ service: "test", level: "info", jobId: "j1" });
  });
});

describe("redactKeyPath", () => {
  it("hides a key that is carried in the path", () => {
    expect(redactKeyPath("http://h:1/k/flk_abc/api/chat?x=1")).toBe("http://h:1/k/[redacted]/api/chat?x=1");
    expect(redactKeyPath("/k/flk_abc")).toBe("/k/[redacted]");
    expect(redactKeyPath("/k%2Fflk_abc/api")).toBe("/k%2F[redacted]/api");
    expect(redactKeyPath("/fls_abc?flk_def")).toBe("/[redacted]?[redacted]");
    expect(redactKeyPath("/api/chat")).toBe("/api/chat");
  });
});

describe("continueTrace", () => {
  it("keeps the caller's trace id and makes a new span", () => {
    const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
    const child = continueTrace(parent);
    expect(traceIdOf(child)).toBe("0af7651916cd43dd8448eb211c80319c");
    expect(child).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    expect(child).not.toBe(parent);
  });

  it.each([undefined, "", "garbage", `00-${"0".repeat(32)}-b7ad6b7169203331-01`])(
    "starts a new trace for %j",
    (header) => {
      expect(continueTrace(header)).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
      expect(traceIdOf(continueTrace(header))).not.toBe("0".repeat(32));
    },
  );
});

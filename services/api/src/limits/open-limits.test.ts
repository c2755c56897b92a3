import { createLogger } from "@flock/observability";
import { OpenLimits } from "./open-limits.js";

function limitsUnderTest() {
  let nowMs = 0;
  const lines: Record<string, unknown>[] = [];
  const counted: string[] = [];
  const limits = new OpenLimits({
    perMinute: { read: 3, write: 1 },
    wrongKeysPerMinute: 60,
    walletPerMinute: 2,
    unlimitedClients: ["127.0.0.0/8"],
    metrics: { openRequestRefused: (limit) => void counted.push(limit) },
    logger: createLogger("api", "info", { write: (line) => void lines.push(JSON.parse(line)) }),
    clock: () => nowMs,
  });
  const pass = (durationMs: number) => {
    nowMs += durationMs;
  };
  return { limits, lines, counted, pass };
}

describe("OpenLimits", () => {
  it("count reads and writes of a client apart, and say when the next one may come", () => {
    const { limits, pass } = limitsUnderTest();
    expect(limits.refusalOfClient("192.0.2.1", "write")).toBeUndefined();
    expect(limits.refusalOfClient("192.0.2.1", "write")).toMatchObject({
      code: "resource_exhausted",
      message:
        "too many requests from your address: it may send 1 requests per minute without a key or a session",
      retry: { afterMs: 60_000 },
    });
    expect(limits.refusalOfClient("192.0.2.1", "read")).toBeUndefined();
    expect(limits.refusalOfClient("192.0.2.2", "write")).toBeUndefined();
    pass(60_000);
    expect(limits.refusalOfClient("192.0.2.1", "write")).toBeUndefined();
  });

  it("take all addresses of a /64 for one client", () => {
    const { limits } = limitsUnderTest();
    expect(limits.refusalOfClient("2001:db8::1", "write")).toBeUndefined();
    expect(limits.refusalOfClient("2001:db8::ffff:2", "write")).toBeDefined();
    expect(limits.refusalOfClient("2001:db8:0:1::1", "write")).toBeUndefined();
  });

  it("let those pass who are not limited", () => {
    const { limits } = limitsUnderTest();
    for (let request = 0; request < 10; request += 1)
      expect(limits.refusalOfClient("127.0.0.1", "write")).toBeUndefined();
    expect(limits.refusalOfClient("::1", "write")).toBeUndefined();
    expect(limits.refusalOfClient("::1", "write")).toBeDefined();
  });

  it("count what a wallet signs, wherever it comes from", () => {
    const { limits, pass } = limitsUnderTest();
    limits.admitWallet("w");
    limits.admitWallet("w");
    limits.admitWallet("v");
    expect(() => limits.admitWallet("w")).toThrow(
      expect.objectContaining({
        code: "resource_exhausted",
        message: "too many requests of this wallet: it may send 2 signed texts per minute",
        retry: { afterMs: 30_000 },
      }),
    );
    pass(30_000);
    limits.admitWallet("w");
  });

  it("count each refusal by its limit, and nothing else", () => {
    const { limits, counted } = limitsUnderTest();
    for (let request = 0; request < 3; request += 1) limits.refusalOfClient("192.0.2.1", "write");
    for (let request = 0; request < 4; request += 1) limits.refusalOfClient("192.0.2.1", "read");
    for (let request = 0; request < 2; request += 1) limits.admitWallet("w");
    expect(() => limits.admitWallet("w")).toThrow("too many requests of this wallet");
    expect(counted).toEqual(["write", "write", "read", "wallet"]);
  });

  it("write one line in ten seconds, however many are refused", () => {
    const { limits, lines, pass } = limitsUnderTest();
    for (let request = 0; request < 1_001; request += 1) limits.refusalOfClient("192.0.2.1", "write");
    expect(lines).toMatchObject([{ level: "warn", client: "192.0.2.1", refused: 1 }]);
    pass(10_000);
    limits.refusalOfClient("192.0.2.1", "write");
    expect(lines).toHaveLength(2);
    expect(lines[1]).toMatchObject({ refused: 1_000 });
  });
});

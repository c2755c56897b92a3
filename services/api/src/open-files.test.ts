import { connectionsWithin } from "./open-files.js";

const wanted = { http: 8_192, grpc: 4_096 };

describe("connectionsWithin", () => {
  it("leaves the bounds as they are where there is room for all", () => {
    expect(connectionsWithin(wanted, 20_000)).toBe(wanted);
    expect(connectionsWithin(wanted, 8_192 + 4_096 + 128)).toBe(wanted);
    expect(connectionsWithin(wanted, Number.POSITIVE_INFINITY)).toBe(wanted);
  });

  it("lowers both in proportion, and leaves files for what is no client", () => {
    const { http, grpc } = connectionsWithin(wanted, 1_024);
    expect(http + grpc).toBeLessThanOrEqual(1_024 - 128);
    expect(http + grpc).toBeGreaterThan(1_024 - 128 - 2);
    expect(http / grpc).toBeCloseTo(2, 1);
  });

  it("leaves one of each, however few files there are", () => {
    expect(connectionsWithin(wanted, 16)).toEqual({ http: 1, grpc: 1 });
  });
});

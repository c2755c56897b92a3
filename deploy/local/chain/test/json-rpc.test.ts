import { request } from "node:http";
import { startTestChain, type TestChain } from "../src/testing.js";

let chain: TestChain;
beforeAll(async () => {
  chain = await startTestChain({ run: "inside" });
});
afterAll(() => chain.stop());

async function post(body: string, contentType = "application/json") {
  const response = await fetch(chain.rpcUrl, {
    method: "POST",
    headers: { "Content-Type": contentType },
    body,
  });
  const text = await response.text();
  return {
    status: response.status,
    text,
    json: text.startsWith("{") || text.startsWith("[") ? JSON.parse(text) : undefined,
  };
}

async function call(method: string, ...params: unknown[]) {
  const { json } = await post(JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }));
  return json;
}

const refusal = (code: number, message: unknown = expect.any(String)) => ({
  jsonrpc: "2.0",
  id: 1,
  error: expect.objectContaining({ code, message }),
});

describe("JSON-RPC", () => {
  it("answers malformed JSON, malformed requests and unknown methods with the standard's errors", async () => {
    expect((await post('{"jsonrpc":')).json).toEqual({
      jsonrpc: "2.0",
      id: null,
      error: { code: -32700, message: "Parse error" },
    });
    for (const body of [
      "1",
      "null",
      "{}",
      '{"jsonrpc":"1.0","id":1,"method":"getSlot"}',
      '{"jsonrpc":"2.0","id":1}',
    ]) {
      expect((await post(body)).json.error).toEqual({ code: -32600, message: "Invalid request" });
    }
    expect(await call("getEverything")).toEqual(refusal(-32601, "Method not found"));
    expect(await call("constructor")).toEqual(refusal(-32601));
    expect((await post("[]")).json.error.code).toBe(-32600);
  });

  it("answers every call of a batch for itself, and notifications not at all", async () => {
    const batch = [
      { jsonrpc: "2.0", id: "a", method: "getHealth" },
      { jsonrpc: "2.0", method: "getHealth" },
      { jsonrpc: "2.0", id: 7, method: "nothing" },
      5,
    ];
    expect((await post(JSON.stringify(batch))).json).toEqual([
      { jsonrpc: "2.0", id: "a", result: "ok" },
      { jsonrpc: "2.0", id: 7, error: { code: -32601, message: "Method not found" } },
      { jsonrpc: "2.0", id: null, error: { code: -32600, message: "Invalid request" } },
    ]);
    expect(await post('{"jsonrpc":"2.0","method":"getHealth"}')).toMatchObject({ status: 200, text: "" });
  });

  it("refuses other paths, methods and content types, so that no page in a browser can reach it", async () => {
    expect((await post("{}", "text/plain")).status).toBe(415);
    expect((await fetch(chain.rpcUrl)).status).toBe(405);
    expect((await fetch(`${chain.rpcUrl}/other`, { method: "POST" })).status).toBe(404);
    const health = await fetch(`${chain.rpcUrl}/health`);
    expect([health.status, await health.text()]).toEqual([200, "ok"]);
  });

  it("reads no body beyond 50 KiB", async () => {
    expect((await post(`"${"x".repeat(50 * 1024)}"`)).status).toBe(413);
    const status = await new Promise((resolve, reject) => {
      const endless = request(chain.rpcUrl, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
      });
      endless.on("response", (response) => {
        resolve(response.statusCode);
        endless.destroy();
      });
      endless.on("error", reject);
      const write = () => {
        while (!endless.destroyed && endless.write("x".repeat(10_000)));
      };
      endless.on("drain", write);
      write();
    });
    expect(status).toBe(413);
  });
});

describe("parameters", () => {
  it("are checked before anything is done", async () => {
    expect(await call("getBalance", "too short")).toEqual(refusal(-32602, "Invalid param: WrongSize"));
    expect(await call("getBalance")).toEqual(refusal(-32602));
    expect(await call("getBalance", "11111111111111111111111111111111", { commitment: "soon" })).toEqual(
      refusal(-32602),
    );
    expect(await call("getSlot", {}, {})).toEqual(refusal(-32602));
    expect(await call("getAccountInfo", 5)).toEqual(refusal(-32602));
    expect(await call("requestAirdrop", "11111111111111111111111111111111", 0)).toEqual(refusal(-32602));
    expect(await call("getSignatureStatuses", ["x"])).toEqual(refusal(-32602));
    const many = Array.from({ length: 257 }, () => "1".repeat(64));
    expect(await call("getSignatureStatuses", many)).toEqual(
      refusal(-32602, "Too many inputs provided; max 256"),
    );
    const signatures = [{ limit: 1_001 }, { limit: 0 }, { commitment: "processed" }, { before: "x" }];
    for (const options of signatures) {
      expect(await call("getSignaturesForAddress", "11111111111111111111111111111111", options)).toEqual(
        refusal(-32602),
      );
    }
  });

  it("may name the slot that the answer must have seen", async () => {
    const { result: slot } = await call("getSlot", { commitment: "processed" });
    expect(await call("getSlot", { commitment: "processed", minContextSlot: slot })).toMatchObject({
      result: slot,
    });
    expect(await call("getSlot", { commitment: "processed", minContextSlot: slot + 1 })).toEqual({
      ...refusal(-32016, "Minimum context slot has not been reached"),
      error: {
        code: -32016,
        message: "Minimum context slot has not been reached",
        data: { contextSlot: slot },
      },
    });
  });

  it("of sendTransaction that are no transaction are refused and harm nothing", async () => {
    const base64 = { encoding: "base64" };
    for (const bytes of ["", "AA==", "not base64!", Buffer.alloc(300, 255).toString("base64")]) {
      expect(await call("sendTransaction", bytes, base64)).toEqual(refusal(-32602));
      expect(await call("simulateTransaction", bytes, base64)).toEqual(refusal(-32602));
    }
    expect(await call("sendTransaction", "0OIl")).toEqual(refusal(-32602, "invalid base58 encoding"));
    const sized = (bytes: number) => call("sendTransaction", Buffer.alloc(bytes).toString("base64"), base64);
    expect(await sized(1_233)).toEqual(
      refusal(-32602, expect.stringContaining("too large: 1233 bytes (max: 1232 bytes)")),
    );
    expect(await sized(1_300)).toEqual(
      refusal(-32602, expect.stringContaining("(max: encoded/raw 1644/1232)")),
    );
    expect(await call("getHealth")).toMatchObject({ result: "ok" });
  });
});

describe("a u64", () => {
  it("is told with all its digits", async () => {
    const { text } = await post(
      JSON.stringify({
        jsonrpc: "2.0",
        id: 1,
        method: "getProgramAccounts",
        params: ["11111111111111111111111111111111"],
      }),
    );
    expect(text).toContain('"rentEpoch":18446744073709551615');
  });
});

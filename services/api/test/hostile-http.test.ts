import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { eventually } from "@flock/provision/testing";
import { post } from "./clients.js";
import { RawHttp } from "./raw-http.js";
import { PLAIN_MODEL, startTestApi, type TestApi, type TestApiOptions } from "./start-test-api.js";

const model = PLAIN_MODEL.name;
const MIB = 1024 * 1024;
setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");
const GENERATE = JSON.stringify({ model, prompt: "one two", stream: false });

/** Memory of this process, the api's included, without garbage. */
function keptBytes(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

describe("hostile clients over HTTP", () => {
  let api: TestApi;
  const open: RawHttp[] = [];
  const started = async (options?: TestApiOptions) => {
    api = await startTestApi(options);
  };
  const connection = async (host?: string) => {
    const raw = await RawHttp.connect(api.port, host);
    open.push(raw);
    return raw;
  };
  const head = (line: string, ...headers: string[]) =>
    [line, "Host: h", `Authorization: Bearer ${api.apiKey}`, ...headers, "", ""].join("\r\n");
  const chunkedHead = (path = "/api/generate") => head(`POST ${path} HTTP/1.1`, "Transfer-Encoding: chunked");
  const inBytes = (text: string) => [...text].map((byte) => `1\r\n${byte}\r\n`).join("");
  const isServed = async () =>
    expect((await post(api, "/api/generate", JSON.parse(GENERATE))).status).toBe(200);
  afterEach(async () => {
    for (const raw of open.splice(0)) raw.close();
    await api.stop();
  });

  describe("chunked uploads", () => {
    it("are read whatever the chunks are: of a byte each, in one packet or a packet for each byte", async () => {
      await started();
      const atOnce = await connection();
      await atOnce.send(`${chunkedHead()}${inBytes(GENERATE)}0\r\n\r\n`);
      expect(await atOnce.statuses(1)).toEqual([200]);
      const slowly = await connection();
      await slowly.trickle(`${chunkedHead()}${inBytes(GENERATE)}0\r\n\r\n`);
      expect(await slowly.statuses(1)).toEqual([200]);
      expect(slowly.received).toContain('"response":"one two"');
    });

    it("of a million chunks cost no more than their bytes", async () => {
      await started();
      const raw = await connection();
      await raw.send(`${chunkedHead()}${inBytes(GENERATE.slice(0, -1))}`);
      // White space is of no length that counts, but would be a million pieces to keep.
      const before = keptBytes();
      for (let sent = 0; sent < 1_000_000; sent += 50_000) await raw.send("1\r\n \r\n".repeat(50_000));
      const heldBytes = async () =>
        Number(/^flock_api_body_bytes\S* ([0-9]+)/m.exec(await api.metrics())?.[1] ?? 0);
      await eventually("all of it is there", async () => (await heldBytes()) > 900_000);
      expect(keptBytes() - before).toBeLessThan(30 * MIB);
      await raw.send(`${inBytes("}")}0\r\n\r\n`);
      expect(await raw.statuses(1)).toEqual([200]);
    });

    it.each([
      ["a length that is none", "zz\r\n", 400],
      ["a negative length", "-1\r\n", 400],
      ["a length beyond all numbers", `${"f".repeat(40)}\r\n`, 400],
      ["a chunk longer than it says", "1\r\nabc\r\n", 400],
      ["extensions without end", `1;${"x".repeat(20_000)}`, 413],
      ["trailers without end", `0\r\n${"X-Long: y\r\n".repeat(3_000)}`, 431],
    ])(
      "with %s are refused in the client's dialect, and the connection closes",
      async (_what, chunk, status) => {
        await started();
        for (const [path, error] of [
          ["/api/chat", /"error":"/],
          ["/v1/chat/completions", /"error":\{"message":"/],
          ["/v1/messages", /"type":"error","error":\{/],
        ] as const) {
          const raw = await connection();
          await raw.send(chunkedHead(path));
          await eventually("the head is read", () => api.drain.active > 0);
          await raw.send(chunk);
          expect(await raw.statuses(1)).toEqual([status]);
          await eventually("the answer is whole", () => error.test(raw.received));
          expect(raw.received).toMatch(/^connection: close\r$/im);
          raw.close();
          await eventually("nothing is left", () => api.drain.active === 0);
        }
        expect(api.requester.jobs).toHaveLength(0);
        await isServed();
      },
    );

    it("that are refused can be sent to their end, and then the answer read", async () => {
      await started();
      const raw = await connection();
      raw.socket.pause();
      await raw.send(chunkedHead("/api/chat"));
      await eventually("the head is read", () => api.drain.active > 0);
      await raw.send("zz\r\n");
      for (let sent = 0; sent < 8; sent++) await raw.send(Buffer.alloc(MIB, "x"));
      expect(raw.socket.destroyed).toBe(false);
      raw.socket.resume();
      expect(await raw.statuses(1)).toEqual([400]);
    });

    it("with two lengths are refused, as one of them is for somebody else", async () => {
      await started();
      const raw = await connection();
      await raw.send(`${head("POST /api/chat HTTP/1.1", "Transfer-Encoding: chunked", "Content-Length: 5")}`);
      expect(await raw.statuses(1)).toEqual([400]);
      await raw.untilClosed();
    });
  });

  describe("pipelining", () => {
    it("is answered in order, however many requests come at once", async () => {
      await started();
      const raw = await connection();
      const count = 500;
      const request = (index: number) => head(`GET /v1/models/nobody-${index} HTTP/1.1`);
      await raw.send(Array.from({ length: count }, (_, index) => request(index)).join(""));
      expect(await raw.statuses(count)).toEqual(Array.from({ length: count }, () => 404));
      const named = () =>
        [...raw.received.matchAll(/nobody-(\d+)' not found/g)].map(([, index]) => Number(index));
      await eventually("the last one is whole", () => named().length === count);
      expect(named()).toEqual(Array.from({ length: count }, (_, index) => index));
    });

    it("waits for its turn behind an answer that takes its time", async () => {
      await started();
      api.requester.onJob = () => {};
      const raw = await connection();
      const body = `${head("POST /api/generate HTTP/1.1", `Content-Length: ${GENERATE.length}`)}${GENERATE}`;
      await raw.send(body + head("GET /api/version HTTP/1.1").repeat(50));
      await eventually("all have been read", () => api.drain.active === 51);
      expect(raw.received).toBe("");
      api.requester.lastJob.end();
      expect(await raw.statuses(51)).toEqual(Array.from({ length: 51 }, () => 200));
      expect(raw.received.indexOf('"response"')).toBeLessThan(raw.received.indexOf('"version"'));
    });

    it("has a wrong body answered behind the request before it, though both waited for their key", async () => {
      let know = () => {};
      await started({ keysKnown: new Promise((resolve) => (know = resolve)) });
      api.requester.onJob = () => {};
      const raw = await connection();
      const whole = `${head("POST /api/generate HTTP/1.1", `Content-Length: ${GENERATE.length}`)}${GENERATE}`;
      await raw.send(whole + chunkedHead("/v1/chat/completions"));
      await eventually("both heads are read", () => api.drain.active === 2);
      know();
      await eventually("the job was submitted", () => api.requester.jobs.length === 1);
      await raw.send("zz\r\n");
      api.requester.lastJob.end();
      expect(await raw.statuses(2)).toEqual([200, 400]);
      await eventually("the answer is in its dialect", () => /"error":\{"message":"/.test(raw.received));
    });
  });

  describe("slow requests", () => {
    it.each([
      ["a head", () => "GET /api/tags HTTP/1.1\r\nX-Slow: "],
      ["a body with a length", () => head("POST /api/chat HTTP/1.1", "Content-Length: 100000")],
      ["a chunked body", () => `${chunkedHead("/api/chat")}ffff\r\n`],
    ])("that never end are told so, and let go: %s", async (_what, begin) => {
      await started({ requestTimeoutMs: 1_000 });
      const raw = await connection();
      await raw.send(begin());
      const trickle = setInterval(() => raw.socket.write("x"), 50);
      try {
        expect(await raw.statuses(1)).toEqual([408]);
        await isServed();
        await raw.untilClosed();
      } finally {
        clearInterval(trickle);
      }
      await eventually("nothing is left", () => api.drain.active === 0);
    });

    it("that say nothing at all are let go", async () => {
      await started({ requestTimeoutMs: 1_000 });
      const raws = await Promise.all(Array.from({ length: 200 }, connection));
      await isServed();
      await Promise.all(raws.map((raw) => raw.untilClosed()));
    });
  });

  describe("nesting", () => {
    it.each([
      "/api/generate",
      "/api/chat",
      "/api/embed",
      "/api/show",
      "/v1/chat/completions",
      "/v1/completions",
      "/v1/embeddings",
      "/v1/responses",
      "/v1/messages",
    ])("of 10 000 levels, and of a million, is refused with 400: %s", async (path) => {
      await started();
      for (const depth of [10_000, 1_000_000]) {
        for (const [opening, closing] of [
          ["[", "]"],
          ['{"a":', "}"],
        ] as const) {
          const deep = `${opening.repeat(depth)}1${closing.repeat(depth)}`;
          const body = `{"model":"${model}","messages":${deep},"input":${deep}}`;
          const answer = await fetch(`${api.baseUrl}${path}`, {
            method: "POST",
            headers: { authorization: `Bearer ${api.apiKey}` },
            body,
          });
          expect([answer.status, await answer.text()]).toEqual([
            400,
            expect.stringContaining("nested too deeply"),
          ]);
        }
      }
      await isServed();
    });
  });

  describe("heads", () => {
    it.each([
      ["of thousands of headers", () => "X-A: b\r\n".repeat(5_000)],
      ["with a very long header", () => `X-Long: ${"x".repeat(100_000)}\r\n`],
      ["with a very long name", () => `${"X".repeat(100_000)}: x\r\n`],
    ])("%s are refused with 431", async (_what, headers) => {
      await started();
      const raw = await connection();
      await raw.send(`GET /api/tags HTTP/1.1\r\nHost: h\r\n${headers()}\r\n`);
      expect(await raw.statuses(1)).toEqual([431]);
      expect(await raw.untilClosed()).toContain('{"error":"request header fields too large"}');
      await isServed();
    });

    it("of many headers that fit are taken, and the key among them is found", async () => {
      await started();
      const raw = await connection();
      await raw.send(head("GET /api/tags HTTP/1.1", ...Array.from({ length: 1_500 }, () => "a:")));
      expect(await raw.statuses(1)).toEqual([200]);
    });
  });

  describe("connections", () => {
    it("beyond the bound are told so and closed, until others have gone", async () => {
      await started({ connectionsMax: 20 });
      const idle = await Promise.all(Array.from({ length: 20 }, () => connection()));
      const further = await Promise.all(Array.from({ length: 10 }, () => connection()));
      for (const raw of further) {
        await raw.send(head("GET /api/tags HTTP/1.1"));
        const answer = await raw.untilClosed();
        expect(answer).toMatch(/^HTTP\/1\.1 503 [\s\S]*Retry-After: 1[\s\S]*\{"error":"too many connections/);
      }
      expect(await api.metrics()).toMatch(/flock_api_connections_refused\S*protocol="http"\S* 10/);
      idle[0]?.close();
      await eventually("there is room", async () => {
        const raw = await connection();
        await raw.send(head("GET /api/tags HTTP/1.1"));
        const [status] = await raw.statuses(1);
        return status === 200;
      });
    });

    it("have one bound and one drain, whichever address of the host they came by", async () => {
      const hosts = ["127.0.0.1", "127.0.0.2"] as const;
      await started({ connectionsMax: 4, hosts });
      for (const host of [...hosts, ...hosts]) {
        const raw = await connection(host);
        await raw.send(head("GET /api/tags HTTP/1.1"));
        expect(await raw.statuses(1)).toEqual([200]);
      }
      const idle = [...open];
      for (const host of hosts)
        expect(await (await connection(host)).untilClosed()).toMatch(/^HTTP\/1\.1 503 /);
      await api.stop();
      for (const raw of idle) await raw.untilClosed();
      for (const host of hosts) await expect(connection(host)).rejects.toThrow("ECONNREFUSED");
    });
  });

  describe("large bodies", () => {
    const large = (bytes: number) => ({ model, prompt: "x".repeat(bytes), stream: false });

    it("have a bound together; who finds no room is told when to come back, and small ones are served", async () => {
      // One account has a quarter.
      await started({ bodiesBytesMax: 16 * MIB });
      api.requester.onJob = () => {};
      const running = post(api, "/api/generate", large(3 * MIB));
      await eventually("the job was submitted", () => api.requester.jobs.length === 1);
      const [first] = api.requester.jobs;
      const refused = await post(api, "/api/generate", large(2 * MIB));
      expect(refused.status).toBe(429);
      expect(refused.headers.get("retry-after")).toBe("1");
      expect(await refused.json()).toEqual({ error: expect.stringContaining("too much at once") });
      expect(await api.metrics()).toMatch(/flock_api_bodies_refused\S*limit="account"\S* 1/);
      api.requester.onJob = (job) => job.end();
      await isServed();
      first?.end();
      expect((await running).status).toBe(200);
      await eventually("there is room", async () => (await post(api, "/api/generate", large(2 * MIB))).ok);
      await eventually("all is given back", async () => /api_body_bytes\S* 0$/m.test(await api.metrics()));
    });

    it("that come without a length are refused in the middle, and so that it can be read", async () => {
      await started({ bodiesBytesMax: 16 * MIB });
      const raw = await connection();
      await raw.send(chunkedHead());
      const piece = "x".repeat(64 * 1024);
      for (let sent = 0; sent < 8 * MIB; sent += piece.length)
        await raw.send(`${piece.length.toString(16)}\r\n${piece}\r\n`);
      expect(await raw.statuses(1)).toEqual([429]);
    });

    it("that their clients leave unfinished give back what they held", async () => {
      await started({ bodiesBytesMax: 16 * MIB });
      for (let round = 0; round < 5; round++) {
        const raw = await connection();
        await raw.send(`${head("POST /api/generate HTTP/1.1", `Content-Length: ${4 * MIB}`)}`);
        await raw.send("x".repeat(3 * MIB));
        await eventually("it is held", async () => /api_body_bytes\S* [1-9]/.test(await api.metrics()));
        raw.close();
        await eventually("it is given back", async () => /api_body_bytes\S* 0$/m.test(await api.metrics()));
      }
    });
  });
});

import { bearer, exchangeBytes, oneConnection, send, type Target } from "./http-client.js";

const MIB = 1024 * 1024;
const PIECE = Buffer.alloc(MIB, "x");

/** What one request alone does not show: framing, reuse of connections, bodies that are too large. */
export function describeConnections(target: () => Target): void {
  const body = () =>
    JSON.stringify({
      model: target().model,
      prompt: "one two three",
      options: { num_predict: 5, temperature: 0 },
    });

  describe("connections", () => {
    it("stays usable after every kind of 4xx", async () => {
      const agent = oneConnection();
      const requests = [
        { method: "GET", path: "/nowhere" },
        { method: "POST", path: "/api/chat", body: "{" },
        { method: "PUT", path: "/api/chat", body: "x".repeat(100_000) },
        { method: "POST", path: "/api/pull", body: "x".repeat(100_000) },
        { method: "POST", path: "/api/show", body: '{"model":"nobody"}' },
      ];
      const ports = new Set<number | undefined>();
      for (const raw of requests) {
        const response = await send(target().baseUrl, { ...raw, agent, headers: bearer(target()) });
        expect(response.status).toBeGreaterThanOrEqual(400);
        expect(response.headers.connection).not.toBe("close");
        ports.add(response.socket.localPort);
      }
      const anonymous = await send(target().baseUrl, {
        method: "POST",
        path: "/api/chat",
        body: "{}",
        agent,
      });
      expect(anonymous.status).toBe(401);
      const last = await send(target().baseUrl, { method: "GET", path: "/", agent });
      expect(last.body).toBe("Ollama is running");
      ports.add(last.socket.localPort);
      agent.destroy();
      expect(ports.size).toBe(1);
    });

    it.each([
      ["25 MiB in a declared length", Buffer.alloc(25 * MIB, "x")],
      ["25 MiB in chunks", Array.from({ length: 25 }, () => PIECE)],
      ["300 MiB in chunks", Array.from({ length: 300 }, () => PIECE)],
    ] as const)(
      "answers %s with 413 that can be read, on a connection that goes on",
      async (_what, tooMuch) => {
        const agent = oneConnection();
        const response = await send(target().baseUrl, {
          method: "POST",
          path: "/api/chat",
          headers: bearer(target()),
          body: tooMuch,
          agent,
        });
        expect(response.status).toBe(413);
        expect(JSON.parse(response.body)).toEqual({
          error: expect.stringContaining("request body too large"),
        });
        const next = await send(target().baseUrl, { method: "GET", path: "/", agent });
        expect(next.socket.localPort).toBe(response.socket.localPort);
        agent.destroy();
      },
    );

    it("answers a declared length that is too large without waiting for the body", async () => {
      const head = `POST /api/chat HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer ${target().apiKey}\r\n`;
      const received = await exchangeBytes(
        target().baseUrl,
        `${head}Content-Length: 900000000\r\n\r\n{`,
        (text) => text.includes("too large"),
      );
      expect(received).toMatch(/^HTTP\/1\.1 413 /);
    });

    it("takes a body just below the limit", async () => {
      const padding = "x".repeat(20 * MIB - body().length - 20);
      const response = await send(target().baseUrl, {
        method: "POST",
        path: "/api/generate",
        headers: bearer(target()),
        body: body().replace("{", `{"padding":"${padding}",`),
      });
      expect(response.status).toBe(200);
    });

    it("honours Expect: 100-continue", async () => {
      const text = JSON.stringify({ model: "nobody" });
      const head =
        `POST /api/show HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer ${target().apiKey}\r\n` +
        `Expect: 100-continue\r\nContent-Length: ${text.length}\r\n\r\n`;
      const continued = await exchangeBytes(target().baseUrl, head, (received) =>
        received.includes("\r\n\r\n"),
      );
      expect(continued).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\n/);
      const answered = await exchangeBytes(target().baseUrl, head + text, (received) =>
        received.includes("found"),
      );
      expect(answered).toMatch(/HTTP\/1\.1 404 [\s\S]*model 'nobody' not found/);
    });

    it("answers what is not HTTP in JSON and closes", async () => {
      const received = await exchangeBytes(target().baseUrl, "NONSENSE\r\n\r\n");
      expect(received).toMatch(/^HTTP\/1\.1 400 [\s\S]*\{"error":"bad request"\}$/);
    });

    it("does not mind a client that says little and leaves", async () => {
      const head = `POST /api/chat HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer ${target().apiKey}\r\n`;
      await exchangeBytes(
        target().baseUrl,
        `${head}Content-Length: 100\r\nExpect: 100-continue\r\n\r\n{"mod`,
        () => true,
      );
      expect((await send(target().baseUrl, { method: "GET", path: "/" })).status).toBe(200);
    });
  });

  describe("streaming", () => {
    it.each(["/api/generate", "/api/chat"])(
      "%s: NDJSON by default, one line per piece, done once, at the end",
      async (path) => {
        const { model } = target();
        const request =
          path === "/api/chat"
            ? { model, messages: [{ role: "user", content: "one two three" }], options: { num_predict: 5 } }
            : JSON.parse(body());
        const response = await send(target().baseUrl, {
          method: "POST",
          path,
          headers: bearer(target()),
          body: JSON.stringify(request),
        });
        expect(response.status).toBe(200);
        expect(response.headers["content-type"]).toBe("application/x-ndjson");
        expect(response.headers["content-length"]).toBeUndefined();
        expect(response.headers["content-encoding"]).toBeUndefined();
        expect(response.body.endsWith("\n")).toBe(true);
        const lines = response.body
          .slice(0, -1)
          .split("\n")
          .map((line) => JSON.parse(line));
        expect(lines.length).toBeGreaterThan(1);
        for (const line of lines) {
          expect(line).toMatchObject({ model, created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) });
          const text = path === "/api/chat" ? line.message.content : line.response;
          expect(typeof text).toBe("string");
        }
        expect(lines.map((line) => line.done)).toEqual([...lines.slice(1).map(() => false), true]);
        const integer = expect.any(Number);
        expect(lines.at(-1)).toMatchObject({
          done_reason: expect.stringMatching(/^(stop|length)$/),
          total_duration: integer,
          load_duration: integer,
          prompt_eval_count: integer,
          prompt_eval_duration: integer,
          eval_count: integer,
          eval_duration: integer,
        });
        // Of workers their aliases alone are told.
        expect(JSON.stringify(lines)).not.toMatch(/remote_host|remote_model|worker(?!s":\[|",)/);
      },
    );

    it("gives one object when it is not asked to stream, with the text of the stream", async () => {
      const post = (stream: boolean) =>
        send(target().baseUrl, {
          method: "POST",
          path: "/api/generate",
          headers: bearer(target()),
          body: JSON.stringify({ ...JSON.parse(body()), stream }),
        });
      const [streamed, whole] = [await post(true), await post(false)];
      expect(whole.headers["content-type"]).toBe("application/json; charset=utf-8");
      const object = JSON.parse(whole.body);
      const text = streamed.body
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line).response)
        .join("");
      expect(object).toMatchObject({ done: true, response: text });
      expect(object.total_duration).toBeGreaterThan(0);
    });

    it("sends logprobs when they are asked for, and only then", async () => {
      const post = (logprobs: boolean) =>
        send(target().baseUrl, {
          method: "POST",
          path: "/api/generate",
          headers: bearer(target()),
          body: JSON.stringify({ ...JSON.parse(body()), stream: false, logprobs }),
        });
      const given = JSON.parse((await post(true)).body);
      expect(given.logprobs.length).toBeGreaterThan(0);
      expect(given.logprobs[0]).toMatchObject({ token: expect.any(String), logprob: expect.any(Number) });
      expect(JSON.parse((await post(false)).body).logprobs).toBeUndefined();
    });
  });
}

import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { HealthDefinition, ServerReflectionRequest } from "@flock/proto/grpc";
import { InferenceDefinition } from "@flock/proto/public";
import { eventually } from "@flock/provision/testing";
import { compressionAlgorithms, credentials, status } from "@grpc/grpc-js";
import { detailsOf, failureOf, GrpcTestClient } from "./grpc-client.js";
import { framed, RawGrpc } from "./raw-grpc.js";
import { PLAIN_MODEL } from "./start-test-api.js";
import { startTestGrpc, type TestGrpc, type TestGrpcOptions } from "./start-test-grpc.js";

const { chat, generate } = InferenceDefinition.methods;
const model = PLAIN_MODEL.name;
const hello = { model, messages: [{ role: "user", content: "hello you" }] };
const HELLO = chat.requestType.encode(chat.requestType.fromPartial(hello)).finish();
const CHAT = "/flock.public.v1.Inference/Chat";
const REFLECTION = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
const LIST_SERVICES = ServerReflectionRequest.encode(
  ServerReflectionRequest.fromPartial({ messageRequest: { $case: "listServices", value: "*" } }),
).finish();
const MIB = 1024 * 1024;

describe("hostile clients over gRPC", () => {
  let api: TestGrpc;
  const open: { close(): void }[] = [];
  const started = async (options?: TestGrpcOptions) => {
    api = await startTestGrpc(options);
  };
  const connection = (apiKey: string | undefined = api.apiKey) => {
    const raw = new RawGrpc(api.address, apiKey);
    open.push(raw);
    return raw;
  };
  /** Over a connection of its own, and nothing is left of whatever went before. */
  const isServed = async () => {
    const messages = await api.client.stream(InferenceDefinition, chat, hello).all;
    expect(messages.map(({ text }) => text).join("")).toBe("hello you");
    await eventually("no call is open", async () => /api_grpc_calls_active\S* 0$/m.test(await api.metrics()));
    await eventually("the drain waits for none", () => api.drain.active === 0);
  };
  afterEach(async () => {
    for (const each of open.splice(0)) each.close();
    await api.stop();
  });

  it("that send a request byte by byte are answered", async () => {
    await started();
    const call = connection().call(CHAT);
    for (const byte of framed(HELLO)) await call.send(Buffer.of(byte));
    call.stream.end();
    expect(await call.ended).toEqual({ status: status.OK, message: "OK" });
    await isServed();
  });

  it("that send a large request byte by byte are refused before it costs more than a large one", async () => {
    await started({ bodiesBytesMax: 4 * MIB });
    const call = connection().call(CHAT);
    await call.send(framed(Buffer.alloc(0), { announced: 1_000_000 }));
    const byte = Buffer.of(0);
    // Not all of them: it is refused after some thousands.
    for (let sent = 0; sent < 20_000 && !call.stream.closed; sent++) await call.send(byte);
    expect(await call.ended).toMatchObject({ status: status.RESOURCE_EXHAUSTED });
    await isServed();
  });

  it("that announce a large message to a method of small ones are refused before they send it", async () => {
    await started();
    const call = connection(undefined).call(REFLECTION);
    await call.send(framed(Buffer.alloc(100), { announced: 19 * MIB }));
    expect(await call.ended).toEqual({
      status: status.RESOURCE_EXHAUSTED,
      message: "a request has at most 65536 bytes",
    });
    await isServed();
  });

  it("that announce a large message after one that was answered are refused likewise", async () => {
    await started();
    const call = connection(undefined).call(REFLECTION);
    const answered = new Promise((resolve) => call.stream.once("data", resolve));
    await call.send(framed(LIST_SERVICES));
    await answered;
    await call.send(framed(Buffer.alloc(100), { announced: 19 * MIB }));
    expect(await call.ended).toMatchObject({ status: status.RESOURCE_EXHAUSTED });
    await isServed();
  });

  it("that send what unpacks to very much are refused, but compressed requests are read", async () => {
    await started();
    const bomb = gzipSync(Buffer.alloc(15 * MIB));
    expect(bomb.length).toBeLessThan(64 * 1024);
    const call = connection(undefined).call(REFLECTION, { "grpc-encoding": "gzip" });
    await call.send(framed(bomb, { isCompressed: true }));
    expect(await call.ended).toMatchObject({ status: status.UNIMPLEMENTED });
    const client = new GrpcTestClient(api.address, api.apiKey, credentials.createInsecure(), {
      "grpc.default_compression_algorithm": compressionAlgorithms.gzip,
    });
    open.push(client);
    const messages = await client.stream(InferenceDefinition, chat, hello).all;
    expect(messages.map(({ text }) => text).join("")).toBe("hello you");
    await isServed();
  });

  it("have a bound for what their requests hold together, and are told when to come back", async () => {
    await started({ bodiesBytesMax: 16 * MIB });
    api.requester.onJob = () => {};
    const large = (bytes: number) =>
      api.client.stream(InferenceDefinition, generate, { model, prompt: "x".repeat(bytes) });
    const running = large(3 * MIB);
    await eventually("the job was submitted", () => api.requester.jobs.length === 1);
    const refused = await failureOf(large(2 * MIB).all);
    expect(refused.code).toBe(status.RESOURCE_EXHAUSTED);
    expect(detailsOf(refused)).toMatchObject({ retryAfterMs: 1_000 });
    api.requester.lastJob.end();
    await running.all;
    api.requester.onJob = (job) => job.end();
    await large(2 * MIB).all;
    await eventually("all is given back", async () => /api_body_bytes\S* 0$/m.test(await api.metrics()));
  });

  it("that leave a large request unfinished, or let its deadline pass, give back what it held", async () => {
    await started({ bodiesBytesMax: 16 * MIB });
    const isGivenBack = () =>
      eventually("it is given back", async () => /api_body_bytes\S* 0$/m.test(await api.metrics()));
    const beginning = framed(Buffer.alloc(2 * MIB), { announced: 3 * MIB });
    const headers: readonly Record<string, string>[] = [{}, { "grpc-timeout": "300m" }];
    for (const more of headers) {
      const raw = connection();
      const call = raw.call(CHAT, more);
      await call.send(beginning);
      await eventually("it is held", async () => /api_body_bytes\S* [1-9]/.test(await api.metrics()));
      if ("grpc-timeout" in more)
        expect(await call.ended).toMatchObject({ status: status.DEADLINE_EXCEEDED });
      else call.stream.close(8);
      await isGivenBack();
    }
    await isServed();
  });

  it("that never finish their request are told so, and let go", async () => {
    await started({ requestTimeoutMs: 500 });
    const raw = connection();
    const calls = Array.from({ length: 100 }, () => raw.call(CHAT));
    await Promise.all(calls.map((call) => call.send(framed(Buffer.alloc(10), { announced: 100 }))));
    for (const call of calls)
      expect(await call.ended).toEqual({
        status: status.DEADLINE_EXCEEDED,
        message: "no request has come within 500 ms",
      });
    await isServed();
  });

  it("that go on sending after they were refused are not read from for ever", async () => {
    await started();
    const call = connection("wrong").call(CHAT);
    const piece = Buffer.alloc(16 * 1024);
    for (let sent = 0; sent < 64 * MIB && !call.stream.closed; sent += piece.length) await call.send(piece);
    expect(await call.ended).toMatchObject({ status: status.UNAUTHENTICATED });
    await isServed();
  });

  it("that open and reset streams as fast as they can lose their connection, and nothing is left", async () => {
    await started();
    api.requester.onJob = () => {};
    const raw = connection();
    for (let round = 0; round < 100 && !raw.session.destroyed && !raw.session.closed; round++) {
      for (let count = 0; count < 100 && !raw.session.destroyed && !raw.session.closed; count++) {
        const { stream } = raw.call(CHAT);
        stream.write(framed(HELLO));
        stream.close(8);
      }
      await new Promise(setImmediate);
    }
    await raw.closed;
    await eventually("no job goes on", () => api.requester.jobs.every(({ isEnded }) => isEnded));
    api.requester.onJob = (job) => {
      for (const text of ["hello ", "you"]) job.chunk(text);
      job.end();
    };
    await isServed();
  });

  it("with giant metadata are refused, and their other calls go on", async () => {
    await started();
    const raw = connection();
    const kept = raw.call(CHAT);
    for (const headers of [
      { "x-long": "x".repeat(60_000), "x-more": "x".repeat(60_000) },
      Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`x-${index}`, "y"])),
    ]) {
      const end = await raw.call(CHAT, headers).ended;
      expect(end.status).not.toBe(status.OK);
    }
    await kept.send(framed(HELLO));
    kept.stream.end();
    expect(await kept.ended).toMatchObject({ status: status.OK });
    await isServed();
  });

  it("that ping without end and read no answer are cut off", async () => {
    await started();
    const [host = "", port = ""] = api.address.split(":");
    const socket = connect({ host, port: Number(port) });
    socket.on("error", () => {});
    socket.pause();
    const closed = new Promise<boolean>((resolve) => socket.once("close", () => resolve(true)));
    socket.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    // Frames: nine bytes of head, with the type in the fourth, then what is in them.
    socket.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]));
    const pings = Buffer.alloc(17 * 10_000);
    for (let at = 0; at < pings.length; at += 17) pings.set([0, 0, 8, 6], at);
    for (let sent = 0; sent < 500 && !socket.destroyed; sent++)
      await Promise.race([closed, new Promise((resolve) => socket.write(pings, resolve))]);
    expect(await closed).toBe(true);
    await isServed();
  });

  it("that open many connections and say nothing keep nobody out", async () => {
    await started({ connectionsMax: 600 });
    const silent = Array.from({ length: 500 }, () => connection());
    await Promise.all(
      silent.map(({ session }) => new Promise((resolve) => session.once("connect", resolve))),
    );
    await isServed();
    const { check } = HealthDefinition.methods;
    expect(await api.client.ask(HealthDefinition, check, {})).toBeDefined();
  });
});

import { generateIdentity } from "@flock/keys";
import { systemClock } from "@flock/mesh";
import { meshSigner } from "@flock/ports";
import { WorkersDefinition } from "@flock/proto/public";
import { status } from "@grpc/grpc-js";
import { base58 } from "@scure/base";
import { EnrollingWorker } from "./enrolling-worker.js";
import { EnrolmentRig, NATS_URLS } from "./enrolment-rig.js";
import { failureOf, GrpcTestClient } from "./grpc-client.js";

const { challenge, delegate, openSession } = WorkersDefinition.methods;

/** What HTTP has as base58. */
const bytesOf = ({ text, signature }: { readonly text: string; readonly signature: string }) => ({
  text,
  signature: base58.decode(signature),
});

describe("enrolment over gRPC", () => {
  let rig: EnrolmentRig;
  let client: GrpcTestClient;
  beforeAll(async () => {
    rig = await EnrolmentRig.start(systemClock);
    client = new GrpcTestClient(rig.money.apis[0].grpcAddress, undefined);
  }, 120_000);
  afterAll(async () => {
    client?.close();
    await rig?.stop();
  });

  /** A worker that is given its challenge over gRPC. */
  const worker = () =>
    new EnrollingWorker(async (_path, body) => {
      const { wallet } = body as { wallet: string };
      return { status: 200, body: await client.ask(WorkersDefinition, challenge, { wallet }) };
    }, systemClock);

  it("goes from a challenge to a session", async () => {
    const enrolling = worker();
    const given = (await enrolling.challenge()).body;
    expect(given).toMatchObject({ api: "https://api.example", expiresAt: { nanos: expect.any(Number) } });
    const delegation = bytesOf(await enrolling.delegation());
    const ids = { workerId: enrolling.wallet.id, payout: enrolling.payout };
    for (let again = 0; again < 2; again += 1)
      expect(await client.ask(WorkersDefinition, delegate, delegation)).toMatchObject({
        ...ids,
        key: enrolling.key.id,
        expiresAt: { seconds: expect.any(BigInt) },
      });
    const session = await client.ask(WorkersDefinition, openSession, bytesOf(enrolling.sessionRequest()));
    expect(session).toMatchObject({
      ...ids,
      jwt: expect.stringMatching(/^eyJ/),
      natsUrls: NATS_URLS,
      meshKeys: meshSigner.publicKeys,
    });
  });

  it("is refused with the statuses that stand for the same as over HTTP", async () => {
    const [enrolling, wrong] = [worker(), bytesOf(worker().sessionRequest({ by: generateIdentity() }))];
    const codeOf = async (answer: Promise<unknown>) => (await failureOf(answer)).code;
    const ask = (request: { text: string; signature: Uint8Array }) =>
      client.ask(WorkersDefinition, openSession, request);
    expect(await codeOf(client.ask(WorkersDefinition, challenge, { wallet: "x" }))).toBe(
      status.INVALID_ARGUMENT,
    );
    expect(await codeOf(ask(wrong))).toBe(status.UNAUTHENTICATED);
    expect(await codeOf(ask(bytesOf(enrolling.sessionRequest())))).toBe(status.UNAUTHENTICATED);
    expect(await codeOf(ask({ text: "x", signature: Buffer.alloc(64) }))).toBe(status.INVALID_ARGUMENT);
    expect(await codeOf(ask({ text: "x", signature: Buffer.alloc(63) }))).toBe(status.INVALID_ARGUMENT);
    const foreign = bytesOf(await enrolling.delegation({ change: { api: "https://evil.example" } }));
    expect(await codeOf(client.ask(WorkersDefinition, delegate, foreign))).toBe(status.INVALID_ARGUMENT);
  });
});

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createLogger, createMetrics } from "@flock/observability";
import {
  createTestDirectory,
  eventually,
  startTestNats,
  type TestDirectory,
  type TestNats,
} from "@flock/provision/testing";
import { connectMesh, credentialsFile, type MeshOptions } from "../src/index.js";

const LOCKED = 'authorization { user: "somebody", password: "known" }';

let locked: TestNats;
let open: TestNats;
let directory: TestDirectory;
beforeAll(async () => {
  [locked, open] = await Promise.all([startTestNats({ extraConfig: LOCKED }), startTestNats()]);
  directory = await createTestDirectory();
});
afterAll(async () => {
  await Promise.all([locked.stop(), open.stop()]);
  await directory.remove();
});

function connect(options: Partial<MeshOptions>) {
  const meter = createMetrics("test").meter;
  return connectMesh({
    natsUrl: open.url,
    name: "test",
    logger: createLogger("test", "silent"),
    meter,
    ...options,
  });
}

describe("a connection that NATS refuses", () => {
  it("fails at once, and says what it is, without a password that its URL may hold", async () => {
    const natsUrl = locked.url.replace("//", "//somebody:a-password@");
    const error = await connect({ natsUrl }).catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ code: "unauthenticated", message: expect.stringContaining("refuses") });
    expect(String(error)).not.toContain("a-password");
  });

  it.each(["a/pass@word", "a,pass,word", "pass word", "[pass"])(
    "shows none of the password %s",
    async (word) => {
      const natsUrl = `${locked.url},nats://somebody:${word}@127.0.0.1:${locked.port}`;
      const error = await connect({ natsUrl, connectTimeoutMs: 0 }).catch((thrown: Error) => thrown);
      expect(String(error)).toMatch(/^FlockError: .*nats:\/\/127\.0\.0\.1/);
      expect(String(error)).not.toMatch(/pass|word/);
    },
  );

  it("fails, too, for a file of credentials that is not there", async () => {
    const missing = connect({ credentials: credentialsFile(join(directory.path, "missing.creds")) });
    await expect(missing).rejects.toMatchObject({
      code: "failed_precondition",
      message: expect.stringContaining("missing.creds cannot be read"),
    });
  });
});

describe("credentials that are none", () => {
  it("are refused before anybody is asked, and are in no error", async () => {
    const error = await connect({ credentials: () => "no-credentials-but-secret" }).catch(
      (thrown: Error) => thrown,
    );
    expect(error).toMatchObject({ code: "failed_precondition" });
    expect(String((error as Error).stack)).not.toContain("secret");
  });
});

describe("the reply subjects of a connection", () => {
  it("begin with its prefix", async () => {
    const mesh = await connect({ inboxPrefix: "_INBOX_A" });
    expect(mesh.newInbox()).toMatch(/^_INBOX_A\.\w+$/);
    mesh.nats.subscribe("ask", { callback: (_, msg) => void msg.respond(msg.reply ?? "") });
    expect((await mesh.nats.request("ask")).string()).toMatch(/^_INBOX_A\./);
    await mesh.close();
  });
});

describe("a connection that is made anew", () => {
  it("loses nothing that is published before, meanwhile and after, also if two want it at once", async () => {
    const [speaker, listener] = await Promise.all([connect({}), connect({})]);
    const heard: number[] = [];
    listener.nats.subscribe("said", { callback: (_, msg) => void heard.push(Number(msg.string())) });
    await listener.nats.flush();
    let said = 0;
    const talking = setInterval(() => speaker.nats.publish("said", String(said++)), 1);
    for (let again = 0; again < 5; again++) await Promise.all([speaker.reconnect(), speaker.reconnect()]);
    clearInterval(talking);
    await speaker.nats.flush();
    await eventually("all to be heard", () => heard.length === said);
    expect(heard).toEqual(Array.from({ length: said }, (_, index) => index));
    await Promise.all([speaker.close(), listener.close()]);
  });
});

describe("a file of credentials", () => {
  it("is read again whenever it is asked for", async () => {
    const file = join(directory.path, "a.creds");
    const provider = credentialsFile(file);
    await writeFile(file, "first");
    expect(provider()).toBe("first");
    await writeFile(file, "second");
    expect(provider()).toBe("second");
  });
});

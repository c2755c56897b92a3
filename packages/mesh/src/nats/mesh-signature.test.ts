import { stat } from "node:fs/promises";
import { join } from "node:path";
import { createIdentity } from "@flock/keys";
import { createTestDirectory, type TestDirectory } from "@flock/provision/testing";
import { headers } from "@nats-io/nats-core";
import { loadMeshSigner, meshKeyFiles, signatureFault, signedBy, TICKET_PURPOSE } from "./mesh-signature.js";

const data = Buffer.from("a ticket");
let directory: TestDirectory;
beforeAll(async () => {
  directory = await createTestDirectory();
});
afterAll(() => directory.remove());
const path = (name: string): string => join(directory.path, name);

describe("MESH_KEY_FILE", () => {
  it("names one key, or two while one takes the place of the other: both sign", async () => {
    const [next, old] = [await createIdentity(path("next.json")), await createIdentity(path("old.json"))];
    const signer = await loadMeshSigner(meshKeyFiles.parse(`${path("next.json")}, ${path("old.json")}`));
    expect(signer.publicKeys).toEqual([next.id, old.id]);
    const message = { data, headers: signedBy(signer, TICKET_PURPOSE, data) };
    for (const { id } of [next, old]) expect(signatureFault(message, TICKET_PURPOSE, [id])).toBeUndefined();
  });

  it("names a file that is there: it is never made, or each service would sign with a key of its own", async () => {
    await expect(loadMeshSigner([path("missing.json")])).rejects.toMatchObject({
      code: "failed_precondition",
      message: expect.stringContaining("MESH_KEY_FILE: there is no key file"),
    });
    await expect(stat(path("missing.json"))).rejects.toMatchObject({ code: "ENOENT" });
  });
});

describe("a message", () => {
  it("without headers, or without a signature among them, is unsigned", () => {
    const others = headers();
    others.set("Nats-Msg-Id", "x");
    expect(signatureFault({ data }, TICKET_PURPOSE, [])).toBe("unsigned");
    expect(signatureFault({ data, headers: others }, TICKET_PURPOSE, [])).toBe("unsigned");
  });

  it("that is signed by nobody who is known is wrongly signed", async () => {
    await createIdentity(path("key.json"));
    const signed = {
      data,
      headers: signedBy(await loadMeshSigner([path("key.json")]), TICKET_PURPOSE, data),
    };
    expect(signatureFault(signed, TICKET_PURPOSE, [])).toBe("wrongly_signed");
  });
});

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freshUserSeed } from "@flock/keys";
import { createTestDirectory, type TestDirectory } from "@flock/provision/testing";
import { createTree, readIssuer, workerIssuer } from "../src/index.js";

describe("the file of an issuer", () => {
  let directory: TestDirectory;
  beforeAll(async () => {
    directory = await createTestDirectory();
  });
  afterAll(() => directory.remove());

  const issuer = workerIssuer(createTree());
  const read = async (text: string) => {
    const file = join(directory.path, "issuer.json");
    await writeFile(file, text);
    return readIssuer(file);
  };

  it("gives back what was written", async () => {
    expect(await read(JSON.stringify(issuer))).toEqual(issuer);
  });

  it.each([
    ["no JSON", issuer.signingSeed],
    ["something else", '{"hello": 1}'],
    ["a user's seed", JSON.stringify({ ...issuer, signingSeed: freshUserSeed() })],
    ["half a seed", JSON.stringify({ ...issuer, signingSeed: issuer.signingSeed.slice(0, 30) })],
    ["a seed for an account", JSON.stringify({ ...issuer, account: issuer.signingSeed })],
  ])("is refused with %s in it, and what it holds is not shown", async (_what, text) => {
    const refused = await read(text).catch((error: unknown) => error);
    expect(refused).toMatchObject({
      code: "failed_precondition",
      message: expect.stringContaining("does not hold an issuer of workers"),
    });
    expect(String(refused)).not.toContain(issuer.signingSeed.slice(0, 10));
  });

  it("is named if there is none", async () => {
    await expect(readIssuer(join(directory.path, "none.json"))).rejects.toMatchObject({
      code: "failed_precondition",
      message: expect.stringMatching(/none\.json cannot be read$/),
    });
  });
});

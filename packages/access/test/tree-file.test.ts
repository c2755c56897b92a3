import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createTestDirectory, type TestDirectory } from "@flock/provision/testing";
import { createTree, openTree, readTree, revokeWorker, writeTree } from "../src/index.js";

describe("the file of the tree", () => {
  let directory: TestDirectory;
  let file: string;
  beforeEach(async () => {
    directory = await createTestDirectory();
    file = join(directory.path, "access", "tree.json");
  });
  afterEach(() => directory.remove());

  it("is made when it is first opened, for its owner alone, and is the same from then on", async () => {
    const tree = await openTree(file);
    expect(await openTree(file)).toEqual(tree);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(join(directory.path, "access"))).mode & 0o777).toBe(0o700);
    expect(await readdir(join(directory.path, "access"))).toEqual(["tree.json"]);
  });

  it("keeps what was revoked", async () => {
    const tree = revokeWorker(createTree(), "WorkerA", [], 5_000);
    await writeTree(file, tree);
    expect((await readTree(file)).revokedWorkers).toEqual({ WorkerA: 5 });
  });

  it("is never replaced because it cannot be read, and its content is in no error", async () => {
    await writeTree(file, createTree());
    const secret = JSON.parse(await readFile(file, "utf8")) as { operator: { identity: string } };
    await writeFile(file, JSON.stringify({ ...secret, version: 2 }));
    const error = await openTree(file).catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ code: "invalid_argument" });
    expect(String(error)).not.toContain(secret.operator.identity.slice(2, 20));
    await writeFile(file, `{"operator": "${secret.operator.identity}`);
    expect(String(await openTree(file).catch((thrown: Error) => thrown))).not.toContain(
      secret.operator.identity.slice(2, 20),
    );
    expect(await readFile(file, "utf8")).toContain(secret.operator.identity);
  });
});

import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { createTestDirectory, type TestDirectory } from "@flock/provision/testing";
import { FakeApi, refusal } from "../src/transcripts/fake-api.js";
import { type Run, runHere } from "./run-here.js";

describe("flock keys", () => {
  const api = new FakeApi();
  let directory: TestDirectory;
  let wallet: string;
  let address: string;

  beforeAll(async () => {
    directory = await createTestDirectory();
    await api.start();
    wallet = join(directory.path, "wallet.json");
    address = JSON.parse((await flock("wallet", "create", "--json")).stdout).address;
  });
  afterAll(async () => {
    await api.stop();
    await directory.remove();
  });
  afterEach(() => expect(api.sessions).toBe(0));

  const flock = (...args: string[]): Promise<Run> =>
    runHere([...args, "--data-dir", directory.path], { FLOCK_API_URL: api.url, FLOCK_WALLET: wallet });

  it("makes, lists and revokes API keys of the wallet's account", async () => {
    api.answer("POST /keys", { id: "k1", api_key: "flk_secret", account: address, label: "laptop" });
    expect(await flock("keys", "create", "--label", "laptop")).toEqual({
      code: 0,
      stdout: "API key  flk_secret\nkey id   k1\n",
      stderr: "\nKeep the key: it cannot be shown again.\n",
    });
    expect(api.last("POST /keys").body).toEqual({ label: "laptop" });
    const key = { id: "k1", label: "laptop", created_at: "2026-11-22T10:00:00.000Z", revoked_at: null };
    const rights = { scopes: ["inference"], models: ["able:7b"], expires_at: "2026-12-22T10:00:00.000Z" };
    api.answer("GET /keys", { keys: [{ ...key, ...rights }] });
    expect((await flock("keys", "list")).stdout).toBe(
      "key id  label   begins with  last used  LLAMA, 30 days  created              expires              revoked  scopes     models\n" +
        "k1      laptop                                       ?  2026-11-22 10:00:00  2026-12-22 10:00:00           inference  able:7b\n",
    );
    api.answer("DELETE /keys/k1", { id: "k1", revoked: true });
    expect((await flock("keys", "revoke", "k1")).stdout).toBe("key k1 is revoked\n");
  });

  it("makes a key with rights and limits", async () => {
    api.answer("POST /keys", { id: "k1", api_key: "flk_secret", account: address, label: "" });
    const rights = [
      "--scopes",
      "inference, manage_keys",
      "--models",
      "able:7b",
      "--expires",
      "2026-12-22T10:00:00Z",
    ];
    const budgets = ["--budget-day", "2.5", "--budget-month", "10"];
    const rates = ["--requests-per-minute", "5", "--tokens-per-minute", "600", "--streams", "3"];
    expect((await flock("keys", "create", ...rights, ...budgets, ...rates)).code).toBe(0);
    expect(api.last("POST /keys").body).toEqual({
      label: "",
      scopes: ["inference", "manage_keys"],
      models: ["able:7b"],
      expires_at: "2026-12-22T10:00:00.000Z",
      budget_day_micro: "2500000",
      budget_month_micro: "10000000",
      requests_per_minute: 5,
      tokens_per_minute: 600,
      streams_max: 3,
    });
    expect((await flock("keys", "create", "--expires", "soon")).code).toBe(2);
    expect((await flock("keys", "create", "--streams", "-1")).code).toBe(2);
  });

  it("writes a key to a file for its owner's eyes, shows it nowhere, and ends one that it cannot keep", async () => {
    const file = join(directory.path, "key.txt");
    api.answer("POST /keys", { id: "k1", api_key: "flk_secret", account: address, label: "" });
    const made = await flock("keys", "create", "--out", file, "--json");
    expect(made.stdout + made.stderr).not.toContain("flk_secret");
    expect([await readFile(file, "utf8"), (await stat(file)).mode & 0o077]).toEqual(["flk_secret\n", 0]);
    api.answer("DELETE /keys/k1", { id: "k1", revoked: true });
    const again = await flock("keys", "create", "--out", file);
    expect([again.code, api.last("DELETE /keys/k1").method]).toEqual([4, "DELETE"]);
    expect(existsSync(file)).toBe(true);
  });

  it("changes a key, and names the near one for one that there is not", async () => {
    api.answer("PATCH /keys/k1", { id: "k1", changed: true });
    expect((await flock("keys", "change", "k1", "--label", "desk", "--expires", "never")).stdout).toBe(
      "key k1 is changed\n",
    );
    expect(api.last("PATCH /keys/k1").body).toEqual({ label: "desk", expires_at: null });
    expect((await flock("keys", "change", "k1")).code).toBe(2);
    const key = { id: "0b6c1d3a", label: "laptop", created_at: null, revoked_at: null };
    api.answer("GET /keys", { keys: [key] });
    api.answers.set("DELETE /keys/labtop", () => refusal(404, "not_found", "there is no API key 'labtop'"));
    expect(await flock("keys", "revoke", "labtop")).toEqual({
      code: 4,
      stdout: "",
      stderr:
        "flock: there is no API key 'labtop'\ndid you mean 0b6c1d3a (laptop)?\nflock keys list shows them\n",
    });
  });
});

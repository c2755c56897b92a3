import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");
const PROTO = join(ROOT, "proto");
const BUF = join(ROOT, "node_modules/@bufbuild/buf/bin/buf");
const RELEASED = join(PROTO, "released.binpb");

/** What the contracts in `directory` break of the released ones: a line each. */
function broken(directory: string): string[] {
  const args = [BUF, "breaking", "--against", RELEASED];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: directory, encoding: "utf8" });
  // 100 is buf's exit code for findings; with anything else it has not compared.
  if (status !== 0 && status !== 100) throw new Error(`buf ended with ${status}: ${stderr}`);
  return stdout.split("\n").filter((line) => line !== "");
}

/** What is broken if `found` in the contract at `path` becomes `changed`. */
function brokenBy(path: string, found: string, changed: string): string[] {
  const copy = mkdtempSync(join(tmpdir(), "flock-contracts-"));
  try {
    for (const name of ["flock", "buf.yaml"])
      cpSync(join(PROTO, name), join(copy, name), { recursive: true });
    const text = readFileSync(join(copy, path), "utf8");
    expect(text).toContain(found);
    writeFileSync(join(copy, path), text.replace(found, changed));
    return broken(copy);
  } finally {
    rmSync(copy, { recursive: true });
  }
}

const KEYS = "flock/keys/v1/keys.proto";

describe("the contracts of the mesh", () => {
  it("break nothing that was released", () => {
    expect(broken(PROTO)).toEqual([]);
  });

  it.each([
    ["a field gets another number", "string key_id = 2;", "string key_id = 4;", "key_id"],
    [
      "two fields change places",
      "string key_id = 2;\n  string api_key = 3;",
      "string api_key = 2;\n  string key_id = 3;",
      "key_id",
    ],
    ["a field is removed and its number not reserved", "  string api_key = 3;\n", "", "api_key"],
    ["a field gets another type", "string label = 3;", "uint32 label = 3;", "label"],
    ["a call is removed", "  rpc ListKeys(ListKeysRequest) returns (ListKeysReply);\n", "", "ListKeys"],
    ["a call gets another reply", "returns (ListKeysReply)", "returns (RevokeKeyReply)", "ListKeys"],
  ])("are refused if %s", (_what, found, changed, named) => {
    const findings = brokenBy(KEYS, found, changed);
    expect(findings.length).toBeGreaterThan(0);
    expect(findings.join("\n")).toContain(named);
  });

  it("may get a field and a call", () => {
    expect(brokenBy(KEYS, "string api_key = 3;", "string api_key = 3;\n  string note = 4;")).toEqual([]);
    const call = "  rpc ShowKey(ListKeysRequest) returns (ListKeysReply);\n";
    expect(brokenBy(KEYS, "  rpc CreateKey", `${call}  rpc CreateKey`)).toEqual([]);
  });
});

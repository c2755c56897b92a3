import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");
const PROTO = join(ROOT, "proto");
const BUF = join(ROOT, "node_modules/@bufbuild/buf/bin/buf");
const RELEASED = join(PROTO, "released.binpb");

/** Of what clients of every language are compiled from. */
const PUBLIC_RULES = ["--config", "buf.public.yaml", "--path", "flock/public"];

/** What the contracts in `directory` break of the released ones: a line each. */
function broken(directory: string, rules: readonly string[] = []): string[] {
  const args = [BUF, "breaking", "--against", RELEASED, ...rules];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: directory, encoding: "utf8" });
  // 100 is buf's exit code for findings; with anything else it has not compared.
  if (status !== 0 && status !== 100) throw new Error(`buf ended with ${status}: ${stderr}`);
  return stdout.split("\n").filter((line) => line !== "");
}

/** What is broken if `found` in the contract at `path` becomes `changed`. */
function brokenBy(path: string, found: string, changed: string, rules: readonly string[] = []): string[] {
  const copy = mkdtempSync(join(tmpdir(), "flock-contracts-"));
  try {
    for (const name of ["flock", "google", "grpc", "buf.yaml", "buf.public.yaml"])
      cpSync(join(PROTO, name), join(copy, name), { recursive: true });
    const text = readFileSync(join(copy, path), "utf8");
    expect(text).toContain(found);
    writeFileSync(join(copy, path), text.replace(found, changed));
    return broken(copy, rules);
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

describe("the contract with clients", () => {
  const MODELS = "flock/public/v1/models.proto";

  it("breaks nothing that was released, by its own rules", () => {
    expect(broken(PROTO, PUBLIC_RULES)).toEqual([]);
  });

  it.each([
    ["a message is renamed", /\bModelTexts\b/g, "ModelWords", "ModelTexts"],
    ["a field is renamed", /\bparameter_size\b/g, "parameters", "parameter_size"],
    ["a call is removed", /\n.*\n {2}rpc GetModel\(.*\n/, "\n", "GetModel"],
    ["its package for Java is another one", /"flock.client.v1"/, '"flock.other.v1"', "java_package"],
  ])("is refused if %s", (_what, found, changed, named) => {
    const text = readFileSync(join(PROTO, MODELS), "utf8");
    const findings = brokenBy(MODELS, text, text.replace(found, changed), PUBLIC_RULES);
    expect(findings.join("\n")).toContain(named);
  });

  it("is refused if something moves into another file, which includes in some languages depend on", () => {
    const text = readFileSync(join(PROTO, MODELS), "utf8");
    const [moved = ""] = /\/\/ Texts that belong to a model.*?\n}\n/s.exec(text) ?? [];
    const other = text
      .replace(moved, "")
      .replace("google/protobuf/timestamp.proto", "flock/public/v1/texts.proto");
    const copy = mkdtempSync(join(tmpdir(), "flock-contracts-"));
    try {
      for (const name of ["flock", "google", "grpc", "buf.yaml", "buf.public.yaml"])
        cpSync(join(PROTO, name), join(copy, name), { recursive: true });
      const head = text.slice(0, text.indexOf("// The models")).replace(/import .*\n\n/, "");
      const imports = 'import "flock/public/v1/texts.proto";\nimport "google/protobuf/timestamp.proto";';
      writeFileSync(join(copy, "flock/public/v1/texts.proto"), `${head}${moved}`);
      writeFileSync(join(copy, MODELS), other.replace('import "flock/public/v1/texts.proto";', imports));
      expect(broken(copy, PUBLIC_RULES).join("\n")).toContain("ModelTexts");
      expect(broken(copy)).toEqual([]);
    } finally {
      rmSync(copy, { recursive: true });
    }
  });

  it("imports nothing of the mesh, whose messages may change", () => {
    const imported = readdirSync(join(PROTO, "flock/public/v1")).flatMap((name) => [
      ...readFileSync(join(PROTO, "flock/public/v1", name), "utf8").matchAll(/^import "(.*)";$/gm),
    ]);
    const others = imported
      .map(([, path]) => path)
      .filter((path) => !/^(google\/protobuf|flock\/public)\//.test(path ?? ""));
    expect(imported.length).toBeGreaterThan(3);
    expect(others).toEqual([]);
  });
});

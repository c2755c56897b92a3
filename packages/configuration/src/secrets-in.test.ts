import { secretsIn } from "./secrets-in.js";

describe("the secrets in a variable", () => {
  it.each([
    ["postgres://ann:hunter2@db/flock?sslmode=disable", ["hunter2"]],
    ["postgres://ann:p%40ss@db/flock", ["p%40ss", "p@ss"]],
    ["postgres://ann:a/b@c@db/flock", ["a/b@c"]],
    ["postgres://ann:a,b@db/flock", ["a,b"]],
    ["postgres://postgres:postgres@db/flock", []],
    ["postgres://db/flock", []],
    ["nats://ann:one@a:4222, nats://ann:two@b:4222", ["one", "two"]],
    ["nats://a-token@a:4222", ["a-token"]],
    ["ann:secret@a:4222", ["secret"]],
    ["nats://a:4222,nats://b:4222", []],
    ["https://rpc.example/v2/0123456789abcdef?api-key=01234567", ["0123456789abcdef", "01234567"]],
    ["https://a-token@rpc.example", ["a-token"]],
    ["https://api.mainnet-beta.solana.com", []],
    ["nats://ann:[broken", []],
    ["postgres://ann:broken%zz@[db", ["broken%zz"]],
  ])("of %s are %j", (value, secrets) => {
    expect(secretsIn(value)).toEqual(secrets);
  });
});

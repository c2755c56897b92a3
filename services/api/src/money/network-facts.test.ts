import { FlockError } from "@flock/errors";
import type { MeshServices } from "../mesh-services.js";
import { NetworkFacts } from "./network-facts.js";

/** Facts of a treasury that answers, or does not. */
function factsFrom(answers: (() => object)[]) {
  const asked: unknown[] = [];
  const ask = async (method: unknown): Promise<unknown> => {
    asked.push(method);
    return answers[asked.length - 1]?.();
  };
  return { facts: new NetworkFacts({ ask } as unknown as MeshServices), asked };
}

const answer = () => ({ network: "genesis", mint: "m", address: "a", tokenAccount: "t" });

describe("NetworkFacts", () => {
  it("asks the treasury once for all who ask meanwhile and soon after", async () => {
    const { facts, asked } = factsFrom([answer]);
    const expected = { genesisHash: "genesis", mint: "m", treasuryAddress: "a", treasuryTokenAccount: "t" };
    expect(await Promise.all([facts.read(), facts.read()])).toEqual([expected, expected]);
    expect(await facts.read()).toEqual(expected);
    expect(asked).toHaveLength(1);
  });

  it("tells a failure to those who waited for it, and asks again for the next one", async () => {
    const fail = () => {
      throw new FlockError("unavailable", "away");
    };
    const { facts, asked } = factsFrom([fail, answer]);
    const first = await Promise.allSettled([facts.read(), facts.read()]);
    expect(first.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(asked).toHaveLength(1);
    expect(await facts.read()).toMatchObject({ mint: "m" });
  });
});

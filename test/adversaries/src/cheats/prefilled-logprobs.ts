import { type Asked, type Cheat, type Engines, type Line, type Logprob, textOf } from "../cheat.js";

export const prefilledLogprobs: Cheat = {
  name: "pre-filled logprobs",
  about: "answers with a smaller model, and asks the real one only how likely those tokens are",
  async *answer(asked, { smaller, claimed }) {
    if (asked.body.logprobs !== true || asked.body.raw !== true) {
      yield* smaller(asked);
      return;
    }
    let text = "";
    for await (const line of smaller(asked)) {
      const said = textOf(line);
      yield said === "" ? line : { ...line, logprobs: await likely(asked, claimed, text, said) };
      text += said;
    }
  },
};

/** What the real model says of a token behind what comes before. */
async function likely(
  asked: Asked,
  claimed: Engines["claimed"],
  before: string,
  token: string,
): Promise<readonly Logprob[]> {
  const { prompt, ...rest } = asked.body;
  const body = { ...rest, prompt: `${prompt}${before}`, top_logprobs: 20, options: { num_predict: 1 } };
  const lines: Line[] = [];
  for await (const line of claimed({ ...asked, body })) lines.push(line);
  const top = lines[0]?.logprobs?.[0]?.top_logprobs ?? [];
  const bytes = [...Buffer.from(token)];
  const found = top.find((each) => each.token === token)?.logprob ?? (top.at(-1)?.logprob ?? -10) - 1;
  const alternatives = Number(asked.body.top_logprobs ?? 0);
  return [{ token, logprob: found, bytes, top_logprobs: top.slice(0, alternatives) }];
}

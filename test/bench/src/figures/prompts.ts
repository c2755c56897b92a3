/** Short prompts, of which no two begin alike: no prefix cache answers one with another's work. */
export const PROMPTS: readonly string[] = [
  "Once upon a time",
  "A little cat",
  "Far away in the hills",
  "The old baker",
  "Under the bridge",
  "My friend and I",
  "Every morning",
  "When it rained",
];

/** The body of a streamed `/api/generate` request that says the same whoever answers it. */
export function engineRequest(model: string, prompt: string, completionTokens: number): string {
  const options = { temperature: 0, seed: 1, num_predict: completionTokens };
  return JSON.stringify({ model, prompt, stream: true, options });
}

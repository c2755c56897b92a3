/** Short prompts that the bundled model answers with more than {@link STORY_TOKENS} tokens. */
export const PROMPTS: readonly string[] = [
  "Tell me a story about a llama named Lea.",
  "Once upon a time, there was an old goat",
  "Write a story about a brave cat.",
  "A story about a sheep, please.",
  "Please tell a story about a lost hat.",
  "Tell me a story about a rainy day.",
  "Tell a story about the moon.",
  "Write a story about a river.",
];

/** As many tokens as every one of the answers has, so that all answers are of one length. */
export const STORY_TOKENS = 112;

/** The body of a streamed `/api/generate` request that every engine answers the same. */
export function engineRequest(model: string, prompt: string, completionTokens: number): string {
  const options = { temperature: 0, seed: 1, num_predict: completionTokens };
  return JSON.stringify({ model, prompt, stream: true, options });
}

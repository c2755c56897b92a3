import type { Recording } from "./recorded-ollama.js";

/*
 * Answers of SmolLM2-135M behind a real Ollama 0.33 (test/golden), taken apart into tokens: the recorded counts leave
 * one way only (an emoji is three tokens of this model). Where a name says so, the text is made up.
 */

/** An emoji, in as many tokens as SmolLM2 needs: the first two bytes, and one token for each other. */
function emoji(character: string): Uint8Array[] {
  const bytes = Buffer.from(character);
  return [bytes.subarray(0, 2), bytes.subarray(2, 3), bytes.subarray(3)];
}

/** test/golden `chat-stream`. */
export const PLAIN: Recording = {
  renderedPrompt:
    "<|im_start|>user\nReply with one short sentence about the sea.<|im_end|>\n<|im_start|>assistant\n",
  promptTokens: 40,
  tokens: [
    "The",
    " sea",
    " is",
    " a",
    " vast",
    " and",
    " mysterious",
    " realm",
    ",",
    " teeming",
    " with",
    " wonders",
  ],
  isWhole: false,
};

/** test/golden `generate-emoji-stream`. */
export const EMOJI: Recording = {
  renderedPrompt: "Repeat exactly: 🦙🌊🎉\n🦙🌊🎉\n🦙🌊🎉\n",
  promptTokens: 33,
  tokens: [...emoji("🦙"), ...emoji("🌊"), ...emoji("🎉"), "\n", ...emoji("🦙"), ...emoji("🌊")],
  isWhole: false,
};

/** test/golden `generate-stop-word`: the stop word is `eight`. */
export const STOP_WORD: Recording = {
  renderedPrompt: "Count: one two three four",
  promptTokens: 6,
  tokens: [" five", " six", " seven", " eight", " nine"],
  isWhole: false,
};

/** test/golden `chat-token-repeat-stream`: one fox, and crows without end. */
export const REPETITIVE: Recording = {
  renderedPrompt: "<|im_start|>user\nWrite a short dialogue.<|im_end|>\n<|im_start|>assistant\n",
  promptTokens: 49,
  tokens: [...emoji("🦊"), ...Array.from({ length: 60 }, () => emoji("🐦")).flat()],
  isWhole: false,
};

/** test/golden `chat-tools-stream` (its tokens as `chat-tools-logprobs-stream` tells them). */
export const TOOL_CALL: Recording = {
  renderedPrompt: "<|im_start|>user\nWhat is the weather in Paris?<|im_end|>\n<|im_start|>assistant\n",
  promptTokens: 278,
  tokens: [
    ...["<tool", "_", "call", ">", "\n", '{"', "name", '":', ' "', "get", "_", "weather", '",', ' "'],
    ...[
      "arguments",
      '":',
      ' {"',
      "city",
      '":',
      ' "',
      "P",
      "aris",
      '"}',
      "}\n",
      "</",
      "tool",
      "_",
      "call",
      ">",
      "\n",
    ],
  ],
  isWhole: true,
  toolCall: { name: "get_weather", arguments: { city: "Paris" } },
};

/** Made up: blanks of every kind between words, and at the end. */
export const BLANKS: Recording = {
  renderedPrompt: "<|im_start|>user\nA list, please.<|im_end|>\n<|im_start|>assistant\n",
  promptTokens: 21,
  tokens: [
    "Here",
    ":",
    "\n",
    "\n",
    "-",
    " ",
    "1",
    "\n",
    " ",
    " ",
    "-",
    " wool",
    ".\n\n",
    "Done",
    ".",
    "\n",
    "\n",
  ],
  isWhole: true,
};

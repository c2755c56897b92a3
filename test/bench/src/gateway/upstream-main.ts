import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/*
 * What is behind the gateway, and asked directly: made-up chat completions, the same as the load-generator worker
 * makes, in OpenAI's form and at once. Tells its port over IPC, and goes when its parent does.
 */

interface Asked {
  readonly model?: string;
  readonly messages?: readonly { readonly content?: string }[];
}

function answerTo(body: string): string {
  const { model, messages } = JSON.parse(body) as Asked;
  const { tokens, textBytes } = JSON.parse(messages?.at(-1)?.content ?? "{}") as Record<string, number>;
  return JSON.stringify({
    id: "chatcmpl-1",
    object: "chat.completion",
    created: 1,
    model,
    choices: [
      {
        index: 0,
        message: { role: "assistant", content: "x".repeat((tokens ?? 0) * (textBytes ?? 0)) },
        finish_reason: "length",
      },
    ],
    usage: { prompt_tokens: 8, completion_tokens: tokens, total_tokens: 8 + (tokens ?? 0) },
  });
}

const server = createServer(async (request, response) => {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  response
    .writeHead(200, { "content-type": "application/json" })
    .end(answerTo(String(Buffer.concat(pieces))));
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
process.once("disconnect", () => process.exit(0));

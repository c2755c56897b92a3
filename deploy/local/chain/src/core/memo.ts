import { MEMO_PROGRAMS } from "@flock/solana";
import type { VersionedMessage } from "@solana/web3.js";
import { addressText } from "./address.js";

const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * The memos of a transaction as a node's history lists them: "[bytes] text" each, joined by "; ". Null without any.
 * Only a transaction's own instructions count, not what programs call.
 */
export function memoOf(message: VersionedMessage): string | null {
  const memos = message.compiledInstructions.flatMap(({ programIdIndex, data }) => {
    const program = addressOf(message, programIdIndex);
    return MEMO_PROGRAMS.includes(program) ? [`[${data.length}] ${textOf(data)}`] : [];
  });
  return memos.length === 0 ? null : memos.join("; ");
}

function addressOf(message: VersionedMessage, index: number): string {
  const key = message.staticAccountKeys[index];
  return key === undefined ? "" : addressText(key.toBytes());
}

function textOf(data: Uint8Array): string {
  try {
    return utf8.decode(data);
  } catch {
    return "(unparseable)"; // Only in a transaction that failed: the memo program refuses what is not UTF-8.
  }
}

export { type Address, addressOf, parseAddress, toAddress } from "./address.js";
export { openConnection } from "./connection.js";
export { associatedTokenAccount, LLAMA_DECIMALS } from "./llama-token.js";
export { memoInstruction } from "./memo-instruction.js";
export { KEYED_PROGRAMS, MEMO_PROGRAMS, PROGRAMS, TOKEN_PROGRAMS } from "./programs.js";
export { type LlamaTransfer, sendTokens } from "./send-tokens.js";

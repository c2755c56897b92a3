import { ComputeBudgetProgram, type VersionedMessage } from "@solana/web3.js";

const LAMPORTS_PER_SIGNATURE = 5_000n;
const MICROLAMPORTS_PER_LAMPORT = 1_000_000n;
const COMPUTE_BUDGET = ComputeBudgetProgram.programId.toBase58();
/** What an instruction may use unless a limit is set: of the programs built into the machine, and of all others. */
const BUILTIN_UNITS = 3_000n;
const PROGRAM_UNITS = 200_000n;
const UNITS_MAX = 1_400_000n;
const BUILTINS = new Set([
  COMPUTE_BUDGET,
  "11111111111111111111111111111111",
  "Vote111111111111111111111111111111111111111",
  "BPFLoaderUpgradeab1e11111111111111111111111",
  "BPFLoader2111111111111111111111111111111111",
  "LoaderV411111111111111111111111111111111111",
]);

const SET_UNIT_LIMIT = 2;
const SET_UNIT_PRICE = 3;

/** What a message costs in lamports: 5000 a signature, and the price per compute unit that it offers, rounded up. */
export function feeOf(message: VersionedMessage): bigint {
  let limit: bigint | undefined;
  let priceMicrolamports = 0n;
  let defaultLimit = 0n;
  for (const { programIdIndex, data } of message.compiledInstructions) {
    const program = message.staticAccountKeys[programIdIndex]?.toBase58() ?? "";
    defaultLimit += BUILTINS.has(program) ? BUILTIN_UNITS : PROGRAM_UNITS;
    if (program !== COMPUTE_BUDGET) continue;
    const bytes = Buffer.from(data);
    if (bytes[0] === SET_UNIT_LIMIT && bytes.length >= 5) limit = BigInt(bytes.readUInt32LE(1));
    if (bytes[0] === SET_UNIT_PRICE && bytes.length >= 9) priceMicrolamports = bytes.readBigUInt64LE(1);
  }
  const asked = limit ?? defaultLimit;
  const units = asked < UNITS_MAX ? asked : UNITS_MAX;
  const priority = (units * priceMicrolamports + MICROLAMPORTS_PER_LAMPORT - 1n) / MICROLAMPORTS_PER_LAMPORT;
  return LAMPORTS_PER_SIGNATURE * BigInt(message.header.numRequiredSignatures) + priority;
}

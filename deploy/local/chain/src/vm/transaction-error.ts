/**
 * Why a transaction failed, in the JSON form of Solana's RPC: a name, or an object whose only key is the name.
 * The names stand in the order in which the machine numbers them (litesvm 1.5.0; its own enums are empty at run time).
 */
export type TransactionError = string | { readonly [name: string]: unknown };

const FIELDLESS = [
  ...["AccountInUse", "AccountLoadedTwice", "AccountNotFound", "ProgramAccountNotFound"],
  ...["InsufficientFundsForFee", "InvalidAccountForFee", "AlreadyProcessed", "BlockhashNotFound"],
  ...["CallChainTooDeep", "MissingSignatureForFee", "InvalidAccountIndex", "SignatureFailure"],
  ...["InvalidProgramForExecution", "SanitizeFailure", "ClusterMaintenance", "AccountBorrowOutstanding"],
  ...["WouldExceedMaxBlockCostLimit", "UnsupportedVersion", "InvalidWritableAccount"],
  ...["WouldExceedMaxAccountCostLimit", "WouldExceedAccountDataBlockLimit", "TooManyAccountLocks"],
  ...["AddressLookupTableNotFound", "InvalidAddressLookupTableOwner", "InvalidAddressLookupTableData"],
  ...["InvalidAddressLookupTableIndex", "InvalidRentPayingAccount", "WouldExceedMaxVoteCostLimit"],
  ...["WouldExceedAccountDataTotalLimit", "MaxLoadedAccountsDataSizeExceeded", "ResanitizationNeeded"],
  ...["InvalidLoadedAccountsDataSizeLimit", "UnbalancedTransaction", "ProgramCacheHitMaxLimit"],
  "CommitCancelled",
];

const INSTRUCTION_FIELDLESS = [
  ...["GenericError", "InvalidArgument", "InvalidInstructionData", "InvalidAccountData"],
  ...["AccountDataTooSmall", "InsufficientFunds", "IncorrectProgramId", "MissingRequiredSignature"],
  ...["AccountAlreadyInitialized", "UninitializedAccount", "UnbalancedInstruction", "ModifiedProgramId"],
  ...["ExternalAccountLamportSpend", "ExternalAccountDataModified", "ReadonlyLamportChange"],
  ...["ReadonlyDataModified", "DuplicateAccountIndex", "ExecutableModified", "RentEpochModified"],
  ...["NotEnoughAccountKeys", "AccountDataSizeChanged", "AccountNotExecutable", "AccountBorrowFailed"],
  ...["AccountBorrowOutstanding", "DuplicateAccountOutOfSync", "InvalidError", "ExecutableDataModified"],
  ...["ExecutableLamportChange", "ExecutableAccountNotRentExempt", "UnsupportedProgramId", "CallDepth"],
  ...["MissingAccount", "ReentrancyNotAllowed", "MaxSeedLengthExceeded", "InvalidSeeds", "InvalidRealloc"],
  ...["ComputationalBudgetExceeded", "PrivilegeEscalation", "ProgramEnvironmentSetupFailure"],
  ...["ProgramFailedToComplete", "ProgramFailedToCompile", "Immutable", "IncorrectAuthority"],
  ...["AccountNotRentExempt", "InvalidAccountOwner", "ArithmeticOverflow", "UnsupportedSysvar"],
  ...["IllegalOwner", "MaxAccountsDataAllocationsExceeded", "MaxAccountsExceeded"],
  ...["MaxInstructionTraceLengthExceeded", "BuiltinProgramsMustConsumeComputeUnits", "BorshIoError"],
];

/** The texts in which Solana's RPC words the errors that a client meets; others are worded by their name. */
const TEXTS: Readonly<Record<string, string>> = {
  AccountNotFound: "Attempt to debit an account but found no record of a prior credit.",
  ProgramAccountNotFound: "Attempt to load a program that does not exist",
  InsufficientFundsForFee: "Insufficient funds for fee",
  InvalidAccountForFee: "This account may not be used to pay transaction fees",
  AlreadyProcessed: "This transaction has already been processed",
  BlockhashNotFound: "Blockhash not found",
  SignatureFailure: "Transaction did not pass signature verification",
  InvalidProgramForExecution: "This program may not be used for executing instructions",
  SanitizeFailure: "Transaction failed to sanitize accounts offsets correctly",
  AccountLoadedTwice: "Account loaded twice",
  InvalidWritableAccount: "Transaction contains an invalid writable account",
  TooManyAccountLocks: "Transaction locked too many accounts",
  AddressLookupTableNotFound: "Transaction loads an address table account that doesn't exist",
  InvalidAddressLookupTableOwner: "Transaction loads an address table account with an invalid owner",
  InvalidAddressLookupTableData: "Transaction loads an address table account with invalid data",
  InvalidAddressLookupTableIndex: "Transaction address table lookup uses an invalid index",
};

/** What the machine's error objects have besides their class, whose name tells them apart. */
interface NativeError {
  readonly index?: number;
  readonly accountIndex?: number;
  readonly code?: number;
  err?(): NativeError | number;
}

/** The RPC form of an error as the machine reports it. */
export function transactionErrorOf(native: NativeError | number): TransactionError {
  if (typeof native === "number") return FIELDLESS[native] ?? "SanitizeFailure";
  switch (native.constructor.name) {
    case "TransactionErrorInstructionError":
      return { InstructionError: [native.index ?? 0, instructionErrorOf(native.err?.() ?? 0)] };
    case "TransactionErrorDuplicateInstruction":
      return { DuplicateInstruction: native.index ?? 0 };
    case "TransactionErrorInsufficientFundsForRent":
      return { InsufficientFundsForRent: { account_index: native.accountIndex ?? 0 } };
    default:
      return { ProgramExecutionTemporarilyRestricted: { account_index: native.accountIndex ?? 0 } };
  }
}

function instructionErrorOf(native: NativeError | number): unknown {
  if (typeof native === "number") return INSTRUCTION_FIELDLESS[native] ?? "GenericError";
  return native.constructor.name === "InstructionErrorCustom" ? { Custom: native.code ?? 0 } : "BorshIoError";
}

/** The error in words, as a preflight failure says it. */
export function describeTransactionError(error: TransactionError): string {
  if (typeof error === "string") return TEXTS[error] ?? error;
  const instruction = error["InstructionError"];
  if (Array.isArray(instruction)) {
    const [index, reason] = instruction as [number, string | { Custom: number }];
    const words =
      typeof reason === "string" ? inWords(reason) : `custom program error: 0x${reason.Custom.toString(16)}`;
    return `Error processing Instruction ${index}: ${words}`;
  }
  const rent = error["InsufficientFundsForRent"] as { account_index: number } | undefined;
  if (rent !== undefined) {
    return `Transaction results in an account (${rent.account_index}) with insufficient funds for rent`;
  }
  return JSON.stringify(error);
}

/** "MissingRequiredSignature" as "missing required signature". */
function inWords(name: string): string {
  return name.replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter}`).toLowerCase();
}

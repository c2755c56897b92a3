import { describeTransactionError, transactionErrorOf } from "./transaction-error.js";

class TransactionErrorInstructionError {
  readonly index = 2;
  readonly #reason: object | number;
  constructor(reason: object | number) {
    this.#reason = reason;
  }
  err() {
    return this.#reason;
  }
}
class InstructionErrorCustom {
  readonly code = 17;
}

describe("an error of the machine", () => {
  it("is shown as Solana's RPC shows it", () => {
    expect(transactionErrorOf(7)).toBe("BlockhashNotFound");
    expect(transactionErrorOf(34)).toBe("CommitCancelled");
    expect(transactionErrorOf(new TransactionErrorInstructionError(new InstructionErrorCustom()))).toEqual({
      InstructionError: [2, { Custom: 17 }],
    });
    expect(transactionErrorOf(new TransactionErrorInstructionError(51))).toEqual({
      InstructionError: [2, "BuiltinProgramsMustConsumeComputeUnits"],
    });
  });

  it("is worded as a preflight failure words it", () => {
    expect(describeTransactionError("AlreadyProcessed")).toBe("This transaction has already been processed");
    expect(describeTransactionError({ InstructionError: [0, { Custom: 17 }] })).toBe(
      "Error processing Instruction 0: custom program error: 0x11",
    );
    expect(describeTransactionError({ InstructionError: [1, "MissingRequiredSignature"] })).toBe(
      "Error processing Instruction 1: missing required signature",
    );
    expect(describeTransactionError({ InsufficientFundsForRent: { account_index: 1 } })).toBe(
      "Transaction results in an account (1) with insufficient funds for rent",
    );
  });
});

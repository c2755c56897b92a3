import { FlockError } from "@flock/errors";
import { call, type Mesh } from "@flock/mesh";
import { PROTOCOL_VERSION } from "@flock/proto";
import { LEDGER } from "@flock/proto/ledger";

/** What consequences ask of the ledger. Each is idempotent by its id, and gives what was moved, in µLLAMA. */
export interface ConsequencesLedger {
  /** What of an owner's stake there is. */
  stakeOf(owner: string): Promise<bigint>;
  clawback(jobId: string): Promise<bigint>;
  compensate(jobId: string, amountMicro: bigint): Promise<bigint>;
  slash(caseId: string, owner: string, amountMicro: bigint): Promise<bigint>;
}

const version = PROTOCOL_VERSION;
const CALL = { timeoutMs: 5_000 };

/** The ledger over the mesh. */
export function meshLedger(mesh: Mesh): ConsequencesLedger {
  return {
    async stakeOf(owner) {
      const request = { version, ledgerAccount: `stake:${owner}` };
      return (await call(mesh, LEDGER.balance, request, CALL)).postedMicro;
    },
    async clawback(jobId) {
      return (await call(mesh, LEDGER.clawback, { version, jobId }, CALL)).amountMicro;
    },
    async compensate(jobId, amountMicro) {
      await call(mesh, LEDGER.compensate, { version, jobId, amountMicro }, CALL);
      return amountMicro;
    },
    async slash(caseId, owner, amountMicro) {
      const moved = await call(mesh, LEDGER.slash, { version, caseId, owner, amountMicro }, CALL);
      return moved.fromStakeMicro + moved.fromCoolingMicro;
    },
  };
}

/** Whether repeating cannot help: the ledger understood, and refused. */
export function isRefusal(error: unknown): boolean {
  return error instanceof FlockError && error.retry === "never" && error.code !== "internal";
}

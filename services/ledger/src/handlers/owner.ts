import { type Database, databaseError } from "@flock/database";
import { method, type ServedMethod } from "@flock/mesh";
import { PROTOCOL_VERSION } from "@flock/proto";
import { LEDGER } from "@flock/proto/ledger";
import { ownerExists } from "../store/owner-exists.js";
import type { LedgerSchema } from "../store/schema.js";
import { checkedId } from "./request-checks.js";

/** `svc.ledger.owner` */
export function ownerMethod(db: Database<LedgerSchema>): ServedMethod {
  return method(LEDGER.owner, async (request) => {
    const exists = await ownerExists(db, checkedId("owner", request.owner)).catch((thrown: unknown) => {
      throw databaseError(thrown);
    });
    return { version: PROTOCOL_VERSION, exists };
  });
}

import type { Cell, CellKey } from "@flock/evidence";
import { type Kysely, type Selectable, sql } from "kysely";
import type { CellsTable, VerifierSchema } from "./schema.js";

export async function findCell(db: Kysely<VerifierSchema>, key: CellKey): Promise<Cell | undefined> {
  const row = await db
    .selectFrom("cells")
    .selectAll()
    .where("model_digest", "=", key.modelDigest)
    .where("engine", "=", key.engine)
    .where("hardware", "=", key.hardware)
    .where("speculation", "=", key.speculation)
    .executeTakeFirst();
  return row === undefined ? undefined : cellOf(row);
}

export async function allCells(db: Kysely<VerifierSchema>, limit: number): Promise<Cell[]> {
  const rows = await db
    .selectFrom("cells")
    .selectAll()
    .orderBy("model_digest")
    .orderBy("engine")
    .orderBy("hardware")
    .limit(limit)
    .execute();
  return rows.map(cellOf);
}

/** Stores cells, in the place of those of the same kinds unless `keepsOld`. */
export async function storeCells(
  db: Kysely<VerifierSchema>,
  cells: readonly Cell[],
  { keepsOld = false }: { readonly keepsOld?: boolean } = {},
): Promise<void> {
  await db.transaction().execute(async (dbTx) => {
    for (const cell of cells) {
      const frozen = cell.frozenUntilUnixMs === 0 ? null : new Date(cell.frozenUntilUnixMs);
      await sql`
        INSERT INTO cells AS c (model_digest, engine, hardware, speculation, positions, misses,
                           surprisal_slack_millinats, measured_at, frozen_until)
        VALUES (${cell.modelDigest}, ${cell.engine}, ${cell.hardware}, ${cell.speculation}, ${cell.positions},
                ${cell.misses}, ${cell.surprisalSlackMillinats}, ${new Date(cell.measuredUnixMs)}, ${frozen})
        ON CONFLICT (model_digest, engine, hardware, speculation) DO UPDATE SET
          positions = excluded.positions, misses = excluded.misses, measured_at = excluded.measured_at,
          surprisal_slack_millinats = excluded.surprisal_slack_millinats, frozen_until = excluded.frozen_until,
          loaded_at = now()
        WHERE NOT ${keepsOld}::boolean`.execute(dbTx);
    }
  });
}

function cellOf(row: Selectable<CellsTable>): Cell {
  return {
    modelDigest: row.model_digest,
    engine: row.engine,
    hardware: row.hardware,
    speculation: row.speculation,
    positions: row.positions,
    misses: row.misses,
    surprisalSlackMillinats: row.surprisal_slack_millinats,
    measuredUnixMs: row.measured_at.getTime(),
    frozenUntilUnixMs: row.frozen_until?.getTime() ?? 0,
  };
}

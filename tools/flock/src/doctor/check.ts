import type { Call } from "../command.js";
import type { Places } from "../places/places.js";

/** What a check found. `away`: what it looks at is not here, and need not be. */
export type State = "ok" | "warning" | "failed" | "away";

export interface Finding {
  readonly state: State;
  /** What there is, in a few words. */
  readonly found: string;
  /** What follows from it, if it is not as it should be. */
  readonly means?: string;
  /** What helps. */
  readonly fix?: string;
}

/** What checks look at. */
export interface Patient {
  readonly call: Call<{ readonly healthUrl: string }>;
  readonly places: Places;
}

export interface Check {
  readonly name: string;
  readonly look: (patient: Patient, signal: AbortSignal) => Promise<Finding>;
}

export const CHECK_MS_MAX = 3_000;

export const ok = (found: string): Finding => ({ state: "ok", found });
export const away = (found: string): Finding => ({ state: "away", found });

/** A check to its end, or to the end of its time. It never fails. */
export async function checked(
  { name, look }: Check,
  patient: Patient,
): Promise<Finding & { readonly name: string }> {
  const signal = AbortSignal.timeout(CHECK_MS_MAX);
  const late = new Promise<Finding>((resolve) => {
    signal.addEventListener("abort", () =>
      resolve({
        state: "failed",
        found: `no answer within ${CHECK_MS_MAX / 1_000} s`,
        means: "it hangs, or the way there does",
      }),
    );
  });
  const finding = await Promise.race([
    late,
    look(patient, signal).catch(
      (error: unknown): Finding => ({
        state: "failed",
        found: error instanceof Error ? error.message : String(error),
      }),
    ),
  ]);
  return { name, ...finding };
}

export const TRUST = "GET /flock/v1/trust";
export const VERDICTS = "GET /flock/v1/trust/verdicts";

const CELL = {
  ...{ model_digest: "d".repeat(64), engine: "ollama/0.33", hardware: "cpu", speculation: "none" },
  ...{ positions: 1_989, mismatches: 0, mismatch_ppm: 10_000, surprisal_slack_millinats: 40 },
  ...{ measured_at: "2026-11-30T10:00:00.000Z", frozen_until: null },
};

/** What the api says of checked work, and what is otherwise than usual. */
export function trust(more: object = {}) {
  const json = {
    jobs: { seen: 9_120, drawn: 912, checked: 900, same: 880, different: 12, undetermined: 8 },
    floor_bps: 500,
    workers: ["probation", "proven", "watched", "quarantined", "convicted"].map((state, index) => ({
      state,
      workers: [12, 80, 3, 2, 1][index],
    })),
    calibration: [
      CELL,
      { ...CELL, engine: "flock-engine/0.1", positions: 283, mismatches: 2, mismatch_ppm: 29_000 },
      { ...CELL, model_digest: "e".repeat(64), hardware: "gpu-16", frozen_until: "2027-01-01T00:00:00.000Z" },
    ],
    last_day: { check_tokens: 41, job_tokens: 1_000 },
    draw_days: [
      { day: "2026-12-01", key_sha256: "ab".repeat(32), key: null },
      { day: "2026-11-29", key_sha256: "cd".repeat(32), key: "ef".repeat(32) },
    ],
    ...more,
  };
  return { [TRUST]: { json } };
}

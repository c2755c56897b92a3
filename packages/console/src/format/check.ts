import type { JobCheck } from "@flockollamas/sdk";

const WORDS: Readonly<Record<JobCheck, string>> = {
  not_drawn: "not drawn to be checked",
  open: "being checked",
  same: "checked: same",
  different: "checked: different",
  undetermined: "checked: undetermined",
  opted_out: "not to be checked",
  unknown: "check not known",
};

/** How a job was checked, in words; work that was not checked is never called so. */
export function checkWords(check: JobCheck | null): string {
  return WORDS[check ?? "unknown"];
}

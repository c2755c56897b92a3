import type { Answer, Call } from "../command.js";
import { checked, type State } from "../doctor/check.js";
import { MACHINE_CHECKS } from "../doctor/machine-checks.js";
import { NETWORK_CHECKS } from "../doctor/network-checks.js";
import { exitCodeOf } from "../faults/exit-codes.js";
import { facts } from "../output/sheet.js";
import { placesOf } from "../places/places.js";

const WORDS: Readonly<Record<State, string>> = { ok: "ok", warning: "warning", failed: "FAILED", away: "-" };

/** `flock doctor`: all checks at once. */
export async function doctor(call: Call<{ readonly healthUrl: string }>): Promise<Answer> {
  const patient = { call, places: await placesOf(call) };
  const found = await call.report.during("looking", () =>
    Promise.all([...MACHINE_CHECKS, ...NETWORK_CHECKS].map((check) => checked(check, patient))),
  );
  const count = (state: State) => found.filter((each) => each.state === state).length;
  const rows = found.flatMap((each) => [
    [WORDS[each.state], each.name, each.found],
    ...(each.means === undefined ? [] : [["", "", each.means]]),
    ...(each.fix === undefined ? [] : [["", "", `→ ${each.fix}`]]),
  ]);
  return {
    json: { ok: count("failed") === 0, checks: found },
    text: facts(rows),
    note: `\n${count("failed")} failed, ${count("warning")} warnings, ${count("ok")} ok\n`,
    exitCode: count("failed") === 0 ? 0 : exitCodeOf("check_failed"),
  };
}

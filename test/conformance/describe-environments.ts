import { readFileSync } from "node:fs";
import { join } from "node:path";
import { REPOSITORY_ROOT } from "@flock/provision";
import { ABLE_MODEL, type TestApi } from "../../services/api/test/start-test-api.js";
import { type NODE_ENVIRONMENTS, PROMPT, runWithVariables } from "./environments.js";

const DOCUMENT = readFileSync(join(REPOSITORY_ROOT, "docs/api.md"), "utf8");

/** The variables that docs/api.md prints are all that a program needs. */
export function describeEnvironments(
  uses: typeof NODE_ENVIRONMENTS,
  python: string | undefined,
  given: () => TestApi,
): void {
  it.each(uses.map((use) => [use.name, use] as const))(
    "%s is told where to go by the variables of docs/api.md",
    async (_name, use) => {
      expect(DOCUMENT).toContain(use.variables.join(" "));
      const access = { baseUrl: given().baseUrl, apiKey: given().apiKey };
      expect(await runWithVariables(python, use, access, ABLE_MODEL.name)).toBe(PROMPT);
    },
  );
}

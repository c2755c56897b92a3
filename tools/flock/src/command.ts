import type { Mesh } from "@flock/mesh";
import { Command } from "commander";
import { type GlobalOptions, natsOf, withMesh } from "./mesh-access.js";
import { jsonLine } from "./output.js";
import type { Surroundings } from "./surroundings.js";

/** What a command found out: for machines, and for people. */
export interface Answer {
  readonly json: unknown;
  readonly text: string;
}

/**
 * Does a command, which has printed everything already if there is no answer. It is called with: its arguments in
 * order, and its own options together with those of all commands.
 */
export type Act<Options> = (
  args: readonly string[],
  options: Options & GlobalOptions,
) => Promise<Answer | undefined>;

/** Prints what `act` answers, in the form that was asked for. */
export function printing<Options>(
  { out }: Surroundings,
  act: Act<Options>,
): (...parsed: unknown[]) => Promise<void> {
  return async (...parsed) => {
    const command = parsed.at(-1);
    if (!(command instanceof Command)) throw new TypeError("commander passes the command last");
    const options = command.optsWithGlobals<Options & GlobalOptions>();
    const answer = await act(command.args, options);
    if (answer !== undefined) out(options.json ? jsonLine(answer.json) : answer.text);
  };
}

/** {@link printing}, for commands that ask the mesh. */
export function asking<Options>(
  surroundings: Surroundings,
  ask: (mesh: Mesh, args: readonly string[], options: Options & GlobalOptions) => Promise<Answer>,
): (...parsed: unknown[]) => Promise<void> {
  return printing<Options>(surroundings, async (args, options) =>
    withMesh(await natsOf(options, surroundings), (mesh) => ask(mesh, args, options)),
  );
}

import type { Answer, Call } from "../command.js";
import { Fault } from "../faults/fault.js";
import { table } from "../output/sheet.js";
import { applyEdits } from "../setup/apply.js";
import type { Change } from "../setup/change.js";
import { isHere } from "../setup/discovery.js";
import { isLoopback } from "../setup/network-url.js";
import { MODELS_MAX, type TargetOptions, targetOf } from "../setup/target.js";
import { withoutKeys } from "../setup/text-changes.js";
import type { Tool } from "../setup/tool.js";
import { TOOL_NAMES } from "../setup/tool-names.js";
import { type ToolPlaces, toolPlacesOf } from "../setup/tool-places.js";
import { TOOLS } from "../setup/tools.js";
import { undoEdits } from "../setup/undo.js";
import { WrittenRecord } from "../setup/written-record.js";

interface SetupOptions extends TargetOptions {
  readonly dryRun?: boolean;
  readonly undo?: boolean;
  readonly yes?: boolean;
  readonly profile?: boolean;
}

/** `flock setup [tool]`: has tools that people use with Ollama or OpenAI use this network. */
export async function setUpTool(call: Call<SetupOptions>): Promise<Answer> {
  const places = toolPlacesOf(call.surroundings.environment);
  const name = TOOL_NAMES.find((each) => each === call.args[0]);
  if (name === undefined) return tools(places);
  return call.options.undo ? undo(TOOLS[name], places, call) : setUp(TOOLS[name], places, call);
}

async function tools(places: ToolPlaces): Promise<Answer> {
  const record = await WrittenRecord.open(places);
  const found = await Promise.all(
    TOOL_NAMES.map(async (name) => ({
      tool: name,
      title: TOOLS[name].title,
      is_here: (await isHere(TOOLS[name], places)) ?? null,
      is_set_up: record.of(name).length > 0,
      gets: TOOLS[name].gets,
    })),
  );
  const rows = found.map((each) => [
    each.tool,
    each.title,
    each.is_here === null ? "?" : each.is_here ? "yes" : "no",
    each.is_set_up ? "yes" : "no",
    each.gets,
  ]);
  return { json: { tools: found }, text: table(["tool", "name", "found", "set up", "gets"], rows) };
}

async function setUp(tool: Tool, places: ToolPlaces, call: Call<SetupOptions>): Promise<Answer> {
  const { options, report } = call;
  const { target, modelsLeftOut } = await targetOf(call);
  const { edits, steps } = tool.plan(target, places, { isProfileWanted: options.profile ?? false });
  const isDryRun = options.dryRun ?? false;
  if (edits.length > 0 && !options.yes && !isDryRun && (await isHere(tool, places)) === false)
    throw new Fault("failed_precondition", `${tool.title} was not found on this machine`, {
      advice: "with --yes it is set up all the same",
    });
  const record = await WrittenRecord.open(places);
  if (!isDryRun) report.state = `files may be written: flock setup ${tool.name} --undo takes them back`;
  const changes = await applyEdits(tool.name, edits, record, { now: new Date(), isDryRun });
  const more = `${modelsLeftOut} more models are not entered: at most ${MODELS_MAX} are. Choose with --model.`;
  const isOpen = target.url.startsWith("http:") && !isLoopback(target.url);
  const openly = `Your key and your prompts go to ${target.url} in the clear: anybody between can read them.`;
  const said = [...(modelsLeftOut > 0 ? [more] : []), ...(isOpen ? [openly] : []), ...steps];
  return answer(tool, { changes, steps: said, isDryRun, isByHand: edits.length === 0 });
}

async function undo(
  tool: Tool,
  places: ToolPlaces,
  { options, report }: Call<SetupOptions>,
): Promise<Answer> {
  const { dryRun: isDryRun = false } = options;
  const record = await WrittenRecord.open(places);
  if (!isDryRun) report.state = "some of it may be taken back: the same command takes back the rest";
  const changes = await undoEdits(tool.name, record, isDryRun);
  const nothing = `flock setup ${tool.name} has written nothing here, or it is undone already.`;
  const byHand =
    tool.name === "cursor" ? ["In Cursor Settings, Models, API Keys: switch off what you switched on."] : [];
  const steps = changes.length === 0 ? [nothing, ...byHand] : [];
  return answer(tool, { changes, steps, isDryRun, isByHand: false });
}

interface Outcome {
  readonly changes: readonly Change[];
  /** What is left to do. */
  readonly steps: readonly string[];
  readonly isDryRun: boolean;
  /** That is all that there is of it. */
  readonly isByHand: boolean;
}

/** What was done is data; what is left to do is advice, unless there is nothing else. */
function answer(tool: Tool, { changes, steps, isDryRun, isByHand }: Outcome): Answer {
  const shown = steps.map(withoutKeys);
  const note = [
    ...(isDryRun ? ["Nothing is written: this is what would be done."] : []),
    ...(isByHand ? [] : shown),
  ];
  return {
    json: { tool: tool.name, is_dry_run: isDryRun, changes, steps: shown },
    text: inLines(isByHand ? shown : changes.flatMap(changeText)),
    ...(note.length === 0 ? {} : { note: inLines(note) }),
  };
}

function inLines(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}

function changeText({ action, file, what, backup, lines, notes }: Change): string[] {
  return [
    `${action}: ${file} (${what})`,
    ...lines.map((line) => `  ${line}`),
    ...(backup === null ? [] : [`  The copy from before: ${backup}`]),
    ...notes.map((note) => `  ${note}`),
  ];
}

import type { ToolName } from "./tool-names.js";
import type { ToolPlaces } from "./tool-places.js";

/** What a tool is pointed at. */
export interface Target {
  /** Of the network: without `/v1`, and without a slash at its end. Safe in a shell, in YAML and in a `.env` file. */
  readonly url: string;
  /** Letters, digits and `_` alone. */
  readonly apiKey: string;
  /** Where the key was found, for people. */
  readonly keySource: string;
  readonly models: readonly TargetModel[];
}

export interface TargetModel {
  readonly name: string;
  /** In tokens; null: unknown. */
  readonly contextLength: number | null;
  /** In Ollama's words: `completion`, `tools`, `vision`, `insert`, `embedding`, `thinking`. */
  readonly capabilities: readonly string[];
}

/** Whether the model can be talked to; of a model that names no capability it is supposed. */
export function isChatModel({ capabilities }: TargetModel): boolean {
  return capabilities.length === 0 || capabilities.includes("completion");
}

/** How our entries are told from others in a file. */
export type Marking = "marked-lines" | "zed-settings";

/** A text with our entries, and what a person should know of it. */
export interface Entered {
  readonly text: string;
  readonly notes: readonly string[];
}

/** What a tool needs in one file. */
export interface Edit {
  readonly file: string;
  readonly marking: Marking;
  /** What comes into the file, for people. */
  readonly entries: string;
  /** Whether the key comes into the file: it is then for its owner's eyes alone. */
  readonly holdsKey: boolean;
  /**
   * The text with our entries, and all else as it was. Pure; of its own answer it makes the same again.
   * @param present empty where there is no file.
   * @param isOurs whether an earlier run has written this file.
   * @throws FlockError `failed_precondition` that names the place, where the text cannot be understood, or where
   * somebody else's entry is in the way.
   */
  enter(present: string, isOurs: boolean): Entered;
  /** While this other file is there and ours is not, ours would change what the tool does. */
  readonly unless?: { readonly file: string; readonly reason: string };
}

/** What is to be done for a tool. */
export interface Plan {
  readonly edits: readonly Edit[];
  /** What a person does then, in order. */
  readonly steps: readonly string[];
}

/** What tells that a tool is on a machine: one of them suffices. */
export interface Signs {
  readonly paths: readonly string[];
  readonly commands: readonly string[];
  /** Whether it can be here without any of them: a library, or in a container. */
  readonly mayHide?: boolean;
}

/** One tool that people use with Ollama or OpenAI. */
export interface Tool {
  readonly name: ToolName;
  readonly title: string;
  /** What it gets, in a few words. */
  readonly gets: string;
  readonly signs: (places: ToolPlaces) => Signs;
  readonly plan: (target: Target, places: ToolPlaces, wishes: Wishes) => Plan;
}

export interface Wishes {
  /** Whether the shell's profile is to load the variables. */
  readonly isProfileWanted: boolean;
}

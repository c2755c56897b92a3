import type { Cheat } from "./cheat.js";
import { cached } from "./cheats/cached.js";
import { canned } from "./cheats/canned.js";
import { coarserModel } from "./cheats/coarser-model.js";
import { countInflation } from "./cheats/count-inflation.js";
import { earlyStop } from "./cheats/early-stop.js";
import { fabricatedLogprobs } from "./cheats/fabricated-logprobs.js";
import { hoarding } from "./cheats/hoarding.js";
import { honest } from "./cheats/honest.js";
import { ignoredSeed } from "./cheats/ignored-seed.js";
import { ignoredSystemPrompt } from "./cheats/ignored-system-prompt.js";
import { otherJobsAnswer } from "./cheats/other-jobs-answer.js";
import { otherSampling } from "./cheats/other-sampling.js";
import { padding } from "./cheats/padding.js";
import { partial } from "./cheats/partial.js";
import { prefilledLogprobs } from "./cheats/prefilled-logprobs.js";
import { smallerModel } from "./cheats/smaller-model.js";
import { truncatedContext } from "./cheats/truncated-context.js";

/** A cheat, and how many checked jobs quarantine may take it in 95 of 100 lives. */
export interface Entry {
  readonly cheat: Cheat;
  /** Undefined: places say nothing of it. `otherwise` says what does. */
  readonly jobsMax?: number;
  readonly otherwise?: string;
}

/** All cheats that are known. A new one is a file in `cheats`, and a line here. */
export const CATALOGUE: readonly Entry[] = [
  { cheat: canned, jobsMax: 3 },
  { cheat: cached, jobsMax: 3 },
  { cheat: otherJobsAnswer, jobsMax: 3 },
  { cheat: smallerModel, jobsMax: 10 },
  { cheat: coarserModel, jobsMax: 250 },
  { cheat: otherSampling, jobsMax: 60 },
  { cheat: ignoredSystemPrompt, jobsMax: 5 },
  { cheat: truncatedContext, jobsMax: 5 },
  { cheat: earlyStop, jobsMax: 3 },
  { cheat: padding, jobsMax: 3 },
  { cheat: fabricatedLogprobs, jobsMax: 3 },
  { cheat: prefilledLogprobs, jobsMax: 10 },
  { cheat: partial(0.5), jobsMax: 25 },
  { cheat: partial(0.2), jobsMax: 150 },
  { cheat: ignoredSeed, otherwise: "its answers are as likely as those of the right seed" },
  { cheat: countInflation, otherwise: "the text is honest: the tokens that are paid have to be counted" },
];

/** Answers nothing that could be checked: leases and penalties are for it. */
export const SILENT: readonly Cheat[] = [hoarding];

export const HONEST: Cheat = honest;

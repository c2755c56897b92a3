import type { NewKeyRequest, Scope } from "@flockollamas/sdk";
import { parseAmount } from "../../format/amount.js";

/** What somebody has filled in, as it was typed. */
export interface KeyDraft {
  readonly label: string;
  readonly scopes: readonly Scope[];
  /** With commas, blanks or lines between; none: all. */
  readonly models: string;
  readonly expires: string;
  readonly budgetDay: string;
  readonly budgetMonth: string;
  readonly requestsPerMinute: string;
  readonly tokensPerMinute: string;
  readonly streamsMax: string;
}

export type KeyDraftErrors = Partial<Record<keyof KeyDraft, string>>;

export const EMPTY_DRAFT: KeyDraft = {
  label: "",
  scopes: ["inference", "read_account"],
  models: "",
  expires: "",
  budgetDay: "",
  budgetMonth: "",
  requestsPerMinute: "",
  tokensPerMinute: "",
  streamsMax: "",
};

const LABEL_MAX = 100;

/** The request for the key that was meant, or what is wrong with it, by field. */
export function keyRequestOf(
  draft: KeyDraft,
  now: number,
): { readonly request: NewKeyRequest } | { readonly errors: KeyDraftErrors } {
  const errors: { -readonly [Name in keyof KeyDraftErrors]: KeyDraftErrors[Name] } = {};
  const amount = (name: "budgetDay" | "budgetMonth") => {
    if (draft[name].trim() === "") return undefined;
    const micro = parseAmount(draft[name]);
    if (micro === null || micro === 0n) errors[name] = "An amount of LLAMA above 0, such as 2.5.";
    return micro ?? undefined;
  };
  const count = (name: "requestsPerMinute" | "tokensPerMinute" | "streamsMax") => {
    if (draft[name].trim() === "") return undefined;
    const value = Number(draft[name]);
    if (!Number.isSafeInteger(value) || value < 1) errors[name] = "A whole number from 1.";
    return value;
  };
  const request: NewKeyRequest = {
    label: draft.label.trim(),
    scopes: draft.scopes,
    models: modelsOf(draft.models),
    expiresAt: draft.expires === "" ? undefined : `${draft.expires}T00:00:00.000Z`,
    budgetDayMicro: amount("budgetDay"),
    budgetMonthMicro: amount("budgetMonth"),
    requestsPerMinute: count("requestsPerMinute"),
    tokensPerMinute: count("tokensPerMinute"),
    streamsMax: count("streamsMax"),
  };
  if (draft.label.trim().length === 0) errors.label = "A name by which you will know this key.";
  if (draft.label.trim().length > LABEL_MAX) errors.label = `At most ${LABEL_MAX} characters.`;
  if (draft.scopes.length === 0) errors.scopes = "A key that may do nothing is of no use.";
  if (draft.scopes.includes("manage_keys") && isLimited(request))
    errors.scopes = "A key that makes keys has no limits: each that it makes would have them anew.";
  if (draft.expires !== "" && !(Date.parse(request.expiresAt ?? "") > now))
    errors.expires = "A day that is still to come.";
  return Object.keys(errors).length > 0 ? { errors } : { request };
}

function modelsOf(typed: string): readonly string[] | undefined {
  const names = typed.split(/[\s,]+/).filter((name) => name !== "");
  return names.length === 0 ? undefined : names;
}

function isLimited(request: NewKeyRequest): boolean {
  const { budgetDayMicro, budgetMonthMicro, requestsPerMinute, tokensPerMinute, streamsMax } = request;
  const limits = [budgetDayMicro, budgetMonthMicro, requestsPerMinute, tokensPerMinute, streamsMax];
  return limits.some((limit) => limit !== undefined);
}

/** What a search may say at its end. */
import type { JobVerdict, JobVerdictState } from "./job-data.ts";
import type { Promised } from "./promises.ts";
import type { Ending } from "./search.ts";

/** What can be said of a promise that was, or was not, found broken (of a goal: reached). */
export function verdictOf(promise: Promised, found: boolean, ending: Ending): JobVerdictState {
  if (found) return promise.goal ? "reached" : "broken";
  if (ending !== "complete") return "open";
  return promise.goal ? "unreached" : "holds";
}

/** A promise that is broken, or a goal that cannot be reached. */
export const failed = (v: JobVerdict): boolean => v.state === "broken" || v.state === "unreached";

const ENDINGS: Readonly<Record<Ending, string>> = {
  complete: "every reachable state was seen",
  depth: "partial: stopped at the depth limit",
  states: "partial: stopped at the limit of states",
  bytes: "partial: stopped at the limit of memory",
  cancelled: "partial: cancelled",
};

export const endingText = (e: Ending): string => ENDINGS[e];

/** What a search found, as data for whoever shows it: the page, the command line, `--json`. */
import type { Counterexample } from "./counterexample.ts";
import type { Promised } from "./promises.ts";
import type { Counts, Ending } from "./search.ts";

export interface Verdict {
  readonly promise: Promised;
  /** `open`: the search ended before every state was seen, and nothing spoke against it so far. */
  readonly state: "holds" | "broken" | "reached" | "unreached" | "open";
  /** Nearest first. */
  readonly examples: readonly Counterexample[];
}

export interface Report {
  readonly alphabet: string;
  readonly moves: number;
  /** Symmetries counted as one, the identity included. */
  readonly symmetries: number;
  readonly ending: Ending;
  readonly counts: Counts;
  readonly histogram: readonly number[];
  readonly verdicts: readonly Verdict[];
}

export function verdictOf(promise: Promised, examples: readonly Counterexample[], ending: Ending): Verdict {
  const found = examples.length > 0;
  const complete = ending === "complete";
  const state = promise.goal
    ? found
      ? "reached"
      : complete
        ? "unreached"
        : "open"
    : found
      ? "broken"
      : complete
        ? "holds"
        : "open";
  return { promise, state, examples };
}

/** A promise that is broken, or a goal that cannot be reached. */
export const failed = (v: Verdict): boolean => v.state === "broken" || v.state === "unreached";

const ENDINGS: Readonly<Record<Ending, string>> = {
  complete: "every reachable state was seen",
  depth: "partial: stopped at the depth limit",
  states: "partial: stopped at the limit of states",
  bytes: "partial: stopped at the limit of memory",
  cancelled: "partial: cancelled",
};

export const endingText = (e: Ending): string => ENDINGS[e];

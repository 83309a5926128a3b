/** A replay as plain data: what a worker hands to the page. */
import type { CheckResult, Disagreement, Tally } from "./check/result.ts";
import { plain } from "./meaning/script-text.ts";
import { type Assumption, lineText, type ReplayRun, titleText } from "./meaning/steps.ts";

export interface StepData {
  readonly title: string;
  /** What equal steps in a row are folded under: `TLBI_NH_VA`. */
  readonly kind: string;
  /** Script lines. */
  readonly script: readonly string[];
  /** Why a script line is there that the log does not state; index = script line, null for stated ones. */
  readonly inferred: readonly (string | null)[];
  readonly notes: readonly string[];
  /** Log lines, both included. */
  readonly first: number;
  readonly last: number;
  readonly sids: readonly number[];
  readonly events: readonly string[];
}

/** A run without its steps: those may be many. */
export interface RunHead {
  readonly first: number;
  readonly last: number;
  readonly emulated: boolean;
  readonly header: readonly string[];
  readonly stepCount: number;
  readonly assumptions: readonly Assumption[];
}

export interface RunData extends RunHead {
  readonly steps: readonly StepData[];
}

export interface CheckData {
  readonly tallies: readonly (readonly [kind: string, tally: Tally])[];
  readonly disagreements: readonly Disagreement[];
  readonly disagreed: number;
  readonly rejected: CheckResult["rejected"];
}

/** Titles begin with what the step is; numbers and names behind it do not make another kind. */
const kindOf = (title: string): string => title.split(/[ ,]/, 1)[0] ?? title;

export const runHead = (run: ReplayRun): RunHead => ({
  first: run.first,
  last: run.last,
  emulated: run.emulated,
  header: run.header,
  stepCount: run.steps.length,
  assumptions: run.assumptions,
});

/** Steps `from` to, not including, `to`. */
export function stepData(run: ReplayRun, from = 0, to = run.steps.length): StepData[] {
  return run.steps.slice(from, to).map((s) => {
    const title = plain(titleText(s));
    return {
      title,
      kind: kindOf(title),
      script: s.lines.map(lineText),
      inferred: s.lines.map((l) => (l.inferred === null ? null : plain(l.inferred))),
      notes: s.notes.map(plain),
      first: s.first,
      last: s.last,
      sids: s.sids,
      events: s.events,
    };
  });
}

export const runData = (run: ReplayRun): RunData => ({ ...runHead(run), steps: stepData(run) });

export const checkData = (check: CheckResult): CheckData => ({
  tallies: [...check.tallies],
  disagreements: check.disagreements,
  disagreed: check.disagreed,
  rejected: check.rejected,
});

/** A replay as plain data: what a worker hands to the page. */
import type { CheckResult, Disagreement, Tally } from "./check/result.ts";
import { plain } from "./meaning/script-text.ts";
import { type Assumption, lineText, type ReplayRun, titleText } from "./meaning/steps.ts";
import type { Census } from "./reader/lines.ts";
import type { ReadProblem } from "./reader/read.ts";
import type { ReplayResult } from "./run.ts";

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

export interface RunData {
  readonly first: number;
  readonly last: number;
  readonly emulated: boolean;
  readonly header: readonly string[];
  readonly steps: readonly StepData[];
  readonly assumptions: readonly Assumption[];
}

export interface CheckData {
  readonly tallies: readonly (readonly [kind: string, tally: Tally])[];
  readonly disagreements: readonly Disagreement[];
  readonly disagreed: number;
  readonly rejected: CheckResult["rejected"];
}

export interface ReplayData {
  readonly name: string;
  readonly runs: readonly RunData[];
  readonly census: Census;
  readonly check: CheckData | null;
  readonly problem: ReadProblem | null;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** Titles begin with what the step is; numbers and names behind it do not make another kind. */
const kindOf = (title: string): string => title.split(/[ ,]/, 1)[0] ?? title;

function runData(run: ReplayRun): RunData {
  return {
    first: run.first,
    last: run.last,
    emulated: run.emulated,
    header: run.header,
    steps: run.steps.map((s) => {
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
    }),
    assumptions: run.assumptions,
  };
}

export function replayData(name: string, r: ReplayResult): ReplayData {
  return {
    name: plain(name),
    runs: r.replay.runs.map(runData),
    census: r.replay.census,
    check:
      r.check === null
        ? null
        : {
            tallies: [...r.check.tallies],
            disagreements: r.check.disagreements,
            disagreed: r.check.disagreed,
            rejected: r.check.rejected,
          },
    problem: r.problem,
    bytesIn: r.bytesIn,
    bytesOut: r.bytesOut,
  };
}

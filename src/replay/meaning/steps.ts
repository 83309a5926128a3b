/** What the replayer makes of a log: script lines with the log lines they stand for. */
import type { Census } from "../reader/lines.ts";

/** One line of the script. */
export interface ScriptLine {
  /** Computed when the script is written: names and addresses may become known later in the log. */
  readonly text: string | (() => string);
  /** Where the fact comes from when the log does not state it here; null for what it states. */
  readonly inferred: string | null;
}

/** One thing that happened, as a person would tell it. */
export interface ReplayStep {
  readonly title: string | (() => string);
  /** Script lines in order; what was inferred stands before the command that needs it. */
  readonly lines: ScriptLine[];
  /** Log lines, both included. */
  first: number;
  last: number;
  /** Remarks for the reader. */
  readonly notes: string[];
  /** StreamIDs its lines name, for filters. */
  readonly sids: number[];
  /** Events its lines are, each once. */
  readonly events: string[];
}

/** Something said once for the whole run, with how often it was needed. */
export interface Assumption {
  readonly text: string;
  readonly line: number;
  count: number;
}

/** One QEMU process. */
export interface ReplayRun {
  readonly first: number;
  readonly last: number;
  /** No iommufd and no accelerated event: only the guest's side can be replayed. */
  readonly emulated: boolean;
  readonly header: readonly string[];
  readonly steps: readonly ReplayStep[];
  /** Step of every group of this run, in order; -1 for groups that are no steps (reads, DMA). */
  readonly groupSteps: readonly number[];
  /** Index of the run's first group in the whole log. */
  readonly firstGroup: number;
  readonly assumptions: readonly Assumption[];
  /** Log's VFIO names by device of the script. */
  readonly hostNames: readonly string[];
  /** vSMMU of every group of registers and commands; -1 for the others. */
  readonly groupVsmmus: readonly number[];
  /** vSMMU by bus number of the StreamIDs seen. */
  readonly busOwners: ReadonlyMap<number, number>;
  /** Events its lines are: what was switched on when it was recorded. */
  readonly eventNames: ReadonlySet<string>;
}

export interface Replay {
  readonly runs: readonly ReplayRun[];
  readonly census: Census;
}

export const lineText = (l: ScriptLine): string => (typeof l.text === "string" ? l.text : l.text());
export const titleText = (s: ReplayStep): string => (typeof s.title === "string" ? s.title : s.title());

/**
 * What goes in and out of an exploration, as plain data that can be sent between threads, stored and printed.
 */
import type { Problem } from "../script/problem.ts";
import type { Counts, Ending } from "./search.ts";

/** What somebody asks for. */
export interface JobSpec {
  /** A whole script; the search begins where it ends. */
  readonly script: string;
  /** `vm`, `vm+ste+fault` (alphabet.ts), or lines of a script. */
  readonly alphabet: string;
  /** Names, divergences and formulas (promises.ts); none means all that have a name. */
  readonly promises: readonly string[];
  readonly limits?: Partial<JobLimits>;
  /** Interchangeable devices and vSMMUs count as one. Default on. */
  readonly symmetry?: boolean;
}

export interface JobLimits {
  /** Moves from the script's end. */
  readonly depth: number;
  readonly states: number;
  /** Bytes of the search's tables. */
  readonly bytes: number;
}

/** What cannot be searched, and where it says so. */
export interface JobProblem {
  readonly where: "script" | "alphabet" | "promise" | "limits";
  /** Which promise of the spec; 0 for the others. */
  readonly index: number;
  readonly message: string;
  /** Places in the text, if it is one that was read as a script or a formula. */
  readonly places: readonly Problem[];
}

export interface JobPromise {
  readonly id: string;
  readonly sentence: string;
  readonly source: string;
  readonly goal: boolean;
}

/** What is known before the first state. */
export interface JobHead {
  readonly alphabet: string;
  /** Script lines of every move: what is tried in each state. */
  readonly moves: readonly string[];
  /** Ways in which the setup looks the same, the identity included; 1: none. */
  readonly symmetries: number;
  /** The raw count of states is exact, not an upper limit: the first state is alike under every symmetry. */
  readonly rawExact: boolean;
  readonly promises: readonly JobPromise[];
  readonly limits: JobLimits;
  /** Limits that are likely to strike, in words. */
  readonly warnings: readonly string[];
}

/** A promise broken or a goal reached, while the search runs. */
export interface JobFinding {
  readonly promise: string;
  readonly cls: string;
  readonly depth: number;
  readonly state: number;
}

export interface JobProgress extends Counts {
  /** Null while it runs. */
  readonly ending: Ending | null;
  readonly findings: readonly JobFinding[];
  /** States by depth so far; the last depth may be incomplete. */
  readonly histogram: readonly number[];
}

export interface JobRule {
  readonly id: string;
  readonly text: string;
  readonly source: string;
  /** The function it decided in. */
  readonly within: string;
}

export interface JobExample {
  readonly cls: string;
  readonly depth: number;
  /** Lines behind the script of the spec; the last one breaks the promise. */
  readonly lines: readonly string[];
  /** Why it is broken there, in words. */
  readonly why: string;
  /** What the last line met on its way, first to last, each rule once. */
  readonly rules: readonly JobRule[];
  /** Facts before and after the last line that it changed. */
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly state: number;
}

export type JobVerdictState = "holds" | "broken" | "reached" | "unreached" | "open";

export interface JobVerdict extends JobPromise {
  /** `open`: the search ended before every state was seen, and nothing speaks against it so far. */
  readonly state: JobVerdictState;
  /** Nearest first. */
  readonly examples: readonly JobExample[];
}

/** One row of the table of divergence classes. */
export interface JobClass {
  readonly cls: string;
  readonly title: string;
  /** Moves on the shortest way to it. */
  readonly depth: number;
  readonly state: number;
  /** Promises it breaks. */
  readonly promises: readonly string[];
}

export interface JobNode {
  readonly state: number;
  readonly depth: number;
  /** Short facts: `d0 v0 s2`, `v0 gbpa=abort`. */
  readonly facts: readonly string[];
  /** Classes of broken promises that show here. */
  readonly classes: readonly string[];
}

export interface JobEdge {
  readonly from: number;
  readonly to: number;
  /** Lines that lead there, each a move of its own. */
  readonly moves: readonly string[];
}

export interface JobGraph {
  readonly nodes: readonly JobNode[];
  readonly edges: readonly JobEdge[];
}

export interface JobReport {
  readonly alphabet: string;
  readonly moves: number;
  readonly symmetries: number;
  /** The raw count of states is exact, not an upper limit: the first state is alike under every symmetry. */
  readonly rawExact: boolean;
  readonly counts: Counts;
  readonly ending: Ending;
  readonly endingText: string;
  /** True if every reachable state was seen. */
  readonly complete: boolean;
  readonly histogram: readonly number[];
  readonly verdicts: readonly JobVerdict[];
  readonly classes: readonly JobClass[];
}

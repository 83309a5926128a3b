/**
 * One exploration as somebody else drives it: the page's worker, the command line, a test. Plain data in, plain data out.
 *
 *     const opened = ExploreJob.open({ script, alphabet: "vm+ste", promises: [] });
 *     if (!opened.ok) show(opened.problems);           // nothing is searched; each problem with its place
 *     const job = opened.job;
 *     job.head                                          // moves, promises, limits, warnings: before the first state
 *     while (job.advance({ ms: 30 })) tell(job.progress()); // or { states: 1000 }; false: it is over
 *     job.cancel();                                     // keeps what was found; the report says that it is partial
 *     job.report();                                     // verdicts with counterexamples, classes, histogram
 *     job.graph();                                      // null above 300 states
 *     job.wayTo(state);                                 // script lines from the script's end to a state
 *     job.factsOf(state);
 *
 * `report()` may be asked for at any time: of a search that still runs it is what a cancelled one would say. A state is
 * a number that stays the same while the job lives, and in every run of the same job.
 */
import { DIVERGENCE_IDS, DIVERGENCES, type DivergenceId } from "../engine/divergence-table.ts";
import type { World } from "../engine/world.ts";
import { actionText } from "../script/action-text.ts";
import { parse } from "../script/parse.ts";
import type { Problem } from "../script/problem.ts";
import { formatProblem } from "../script/problem.ts";
import { runAll } from "../script/runner.ts";
import { EMPTY_SCOPE, type Scope } from "../script/scope.ts";
import { type Alphabet, AlphabetError, alphabetOf } from "./alphabet.ts";
import { type Counterexample, exampleOf, play, wayTo } from "./counterexample.ts";
import { FormulaError } from "./formula.ts";
import type {
  JobClass,
  JobExample,
  JobFinding,
  JobGraph,
  JobHead,
  JobLimits,
  JobProblem,
  JobProgress,
  JobPromise,
  JobReport,
  JobSpec,
  JobVerdict,
} from "./job-data.ts";
import { lastStep } from "./last-step.ts";
import { className, type Promised, PromiseError, promisesOf } from "./promises.ts";
import { endingText, verdictOf } from "./report.ts";
import { DEFAULT_LIMITS, type Finding, Search } from "./search.ts";
import { shortFacts } from "./short-facts.ts";
import { graphOf } from "./state-graph.ts";
import { warningsOf } from "./warnings.ts";

export type Opened =
  | { readonly ok: true; readonly job: ExploreJob }
  | { readonly ok: false; readonly problems: readonly JobProblem[] };

/** How long one call may take: until a time is over, or until so many states have been gone on from. */
export interface Slice {
  readonly ms?: number;
  readonly states?: number;
}

/** States between two looks at the clock. */
const STRIDE = 8;

const asked = (p: Promised): JobPromise => {
  const { id, sentence, source, goal } = p;
  return { id, sentence, source, goal };
};

export class ExploreJob {
  readonly head: JobHead;
  private readonly search: Search;
  private readonly now: () => number;
  private readonly examples = new Map<Finding, JobExample>();

  private constructor(search: Search, head: JobHead, now: () => number) {
    this.search = search;
    this.head = head;
    this.now = now;
  }

  /** `now`: milliseconds. */
  static open(spec: JobSpec, now: () => number = () => performance.now()): Opened {
    const read = readSpec(spec);
    if (!read.ok) return read;
    const { world, alphabet, promises, limits } = read.value;
    const search = new Search({ world, alphabet, promises, limits, symmetry: spec.symmetry !== false });
    const head: JobHead = {
      alphabet: alphabet.name,
      moves: alphabet.moves.map((m) => m.actions.map((a) => actionText(world.setup, a)).join("; ")),
      symmetries: search.freedom.symmetries.length,
      promises: promises.map(asked),
      limits,
      warnings: warningsOf(world, alphabet, limits, search.freedom),
    };
    return { ok: true, job: new ExploreJob(search, head, now) };
  }

  /** Goes on for a slice; false when the search is over. */
  advance(slice: Slice): boolean {
    const { search, now } = this;
    const until = slice.ms === undefined ? Number.POSITIVE_INFINITY : now() + slice.ms;
    let left = slice.states ?? Number.POSITIVE_INFINITY;
    let more = search.ending === null;
    while (more && left > 0) {
      const n = Math.min(left, STRIDE);
      more = search.advance(n);
      left -= n;
      if (now() >= until) break;
    }
    return more;
  }

  cancel(): void {
    this.search.cancel();
  }

  progress(): JobProgress {
    const { search } = this;
    return {
      ...search.counts,
      ending: search.ending,
      findings: search.findings.map(findingData),
      histogram: search.histogram,
    };
  }

  report(): JobReport {
    const { search, head } = this;
    const ending = search.ending ?? "cancelled";
    const examples = search.findings.map((f) => ({ f, e: this.example(f) }));
    const verdicts = search.spec.promises.map((p): JobVerdict => {
      const mine = examples.filter(({ f }) => f.promise === p);
      const state = verdictOf(p, mine.length > 0, ending);
      return { ...asked(p), state, examples: mine.map(({ e }) => e) };
    });
    return {
      alphabet: head.alphabet,
      moves: head.moves.length,
      symmetries: head.symmetries,
      counts: search.counts,
      ending,
      endingText: endingText(ending),
      complete: ending === "complete",
      histogram: search.histogram,
      verdicts,
      classes: classesOf(search.findings),
    };
  }

  /** The states as a graph; null while they are too many for a picture. */
  graph(): JobGraph | null {
    return graphOf(this.search);
  }

  /** Lines of the shortest way from the script's end to a state. */
  wayTo(state: number): readonly string[] {
    const { setup } = this.search.spec.world;
    return this.way(state).map((a) => actionText(setup, a));
  }

  factsOf(state: number): readonly string[] {
    return shortFacts(play(this.search.spec.world, this.way(state)));
  }

  private way(state: number) {
    if (!Number.isSafeInteger(state) || state < 0 || state >= this.search.counts.states)
      throw new RangeError(`no state ${state}`);
    return wayTo(this.search, state);
  }

  private example(f: Finding): JobExample {
    let known = this.examples.get(f);
    if (known === undefined) {
      const { world } = this.search.spec;
      known = exampleData(world, exampleOf(world, f, wayTo(this.search, f.state)), f.state);
      this.examples.set(f, known);
    }
    return known;
  }
}

const findingData = (f: Finding): JobFinding => ({
  promise: f.promise.id,
  cls: className(f.cls),
  depth: f.depth,
  state: f.state,
});

function exampleData(world: World, e: Counterexample, state: number): JobExample {
  const { cls, depth, lines, why } = e;
  return { cls, depth, lines, why, ...lastStep(world, e.actions), state };
}

const isDivergence = (cls: string): cls is DivergenceId =>
  (DIVERGENCE_IDS as readonly string[]).includes(cls);

function classesOf(findings: readonly Finding[]): JobClass[] {
  const out = new Map<string, JobClass>();
  for (const f of findings) {
    if (f.promise.goal) continue;
    const cls = className(f.cls);
    const known = out.get(cls);
    const nearer = known === undefined || f.depth < known.depth;
    out.set(cls, {
      cls,
      title: isDivergence(cls) ? DIVERGENCES[cls].title : f.promise.sentence,
      depth: nearer ? f.depth : known.depth,
      state: nearer ? f.state : known.state,
      promises: [...(known?.promises ?? []), f.promise.id],
    });
  }
  return [...out.values()].sort((a, b) => a.depth - b.depth);
}

interface ReadSpec {
  readonly world: World;
  readonly scope: Scope;
  readonly alphabet: Alphabet;
  readonly promises: readonly Promised[];
  readonly limits: JobLimits;
}

type Read =
  | { readonly ok: true; readonly value: ReadSpec }
  | { readonly ok: false; readonly problems: readonly JobProblem[] };

const LEAST: JobLimits = { depth: 0, states: 1, bytes: 1 };

/** Everything that a spec names, or everything that is wrong with it. */
export function readSpec(spec: JobSpec): Read {
  const problems: JobProblem[] = [];
  const wrong = (
    where: JobProblem["where"],
    message: string,
    places: readonly Problem[] = [],
    index = 0,
  ): void => {
    problems.push({ where, index, message, places });
  };
  const limits: JobLimits = { ...DEFAULT_LIMITS, ...spec.limits };
  for (const k of ["depth", "states", "bytes"] as const)
    if (!Number.isSafeInteger(limits[k]) || limits[k] < LEAST[k])
      wrong("limits", `${k} needs a whole number from ${LEAST[k]} on`);
  const parsed = parse(spec.script);
  if (!parsed.ok) {
    wrong("script", parsed.problems.map(formatProblem).join("\n"), parsed.problems);
    return { ok: false, problems };
  }
  let scope = EMPTY_SCOPE;
  for (const item of parsed.value.items)
    if (item.kind === "command" && item.declares !== null) scope = scope.with(item.declares);
  const { world } = runAll(parsed.value, { trace: false });
  let alphabet: Alphabet | null = null;
  try {
    alphabet = alphabetOf(world.setup, spec.alphabet, scope);
  } catch (error) {
    if (!(error instanceof AlphabetError)) throw error;
    wrong("alphabet", error.message, error.problems);
  }
  const promises: Promised[] = [];
  for (const [index, text] of (spec.promises.length === 0 ? ["all"] : spec.promises).entries())
    try {
      for (const p of promisesOf(world.setup, [text], scope))
        if (!promises.some((x) => x.id === p.id)) promises.push(p);
    } catch (error) {
      if (error instanceof FormulaError) wrong("promise", error.message, error.problems, index);
      else if (error instanceof PromiseError) wrong("promise", error.message, [], index);
      else throw error;
    }
  if (alphabet === null || problems.length > 0) return { ok: false, problems };
  return { ok: true, value: { world, scope, alphabet, promises, limits } };
}

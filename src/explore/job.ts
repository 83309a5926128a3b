/**
 * One exploration as somebody else drives it: the page's worker, the command line, a test. Plain data in, plain data out.
 *
 *     const opened = ExploreJob.open({ script, alphabet: "vm+ste", promises: [] });
 *     if (!opened.ok) show(opened.problems);           // nothing is searched; each problem with its place
 *     const job = opened.job;
 *     job.head                                          // moves, promises, limits, warnings: before the first state
 *     while (job.advance({ ms: 30 })) tell(job.progress()); // or { states: 1000 }; false: it is over
 *     await job.run(peers, () => tell(job.progress())); // instead of advance(): by several threads (pool.ts: Peer)
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
import { type Counterexample, exampleOf, play, wayTo } from "./counterexample.ts";
import { devicesInterchange } from "./freedom.ts";
import type {
  JobClass,
  JobExample,
  JobFinding,
  JobGraph,
  JobHead,
  JobProblem,
  JobProgress,
  JobPromise,
  JobReport,
  JobSpec,
  JobVerdict,
} from "./job-data.ts";
import { lastStep } from "./last-step.ts";
import { type Peer, Pool } from "./pool.ts";
import { className, type Promised } from "./promises.ts";
import { readSpec } from "./read-spec.ts";
import { endingText, verdictOf } from "./report.ts";
import { type Finding, Search } from "./search.ts";
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
  private readonly spec: JobSpec;
  private readonly search: Search;
  private readonly now: () => number;
  private readonly examples = new Map<Finding, JobExample>();

  private constructor(spec: JobSpec, search: Search, head: JobHead, now: () => number) {
    this.spec = spec;
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
      rawExact: search.space.initialOrbit === 1,
      promises: promises.map(asked),
      limits,
      warnings: warningsOf(
        world.setup,
        alphabet,
        limits,
        () => spec.symmetry !== false && devicesInterchange(world, alphabet, promises),
      ),
    };
    return { ok: true, job: new ExploreJob(spec, search, head, now) };
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

  /**
   * Goes on to the end, by this thread and its peers: the same numbers and ways as by one. Resolves when it is over or
   * cancelled; rejects if a thread fails. `tell` whenever something is new. The peers are ended.
   */
  run(peers: readonly Peer[], tell?: () => void): Promise<void> {
    return new Pool(this.search, this.spec, peers).run(tell);
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
      rawExact: head.rawExact,
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

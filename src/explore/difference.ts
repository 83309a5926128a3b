/**
 * Two setups of one machine in lock-step: the same moves in both, breadth-first over pairs of states, to the shortest
 * ways after which they can be told apart: by a fact of a device or a vSMMU, or by what a command returned. Behind a
 * difference nothing is searched: whatever follows from it would differ, too.
 */
import type { Action } from "../engine/actions.ts";
import { step } from "../engine/step.ts";
import type { World } from "../engine/world.ts";
import { actionText } from "../script/action-text.ts";
import { play } from "./counterexample.ts";
import { freedomOf } from "./freedom.ts";
import type { JobLimits, JobProblem, JobReport, JobSpec } from "./job-data.ts";
import { Memo } from "./memo.ts";
import { type Observed, observedDevice, observedQemu, observedVsmmu } from "./observed.ts";
import { readSpec } from "./read-spec.ts";
import type { Ending } from "./search.ts";
import { Space } from "./space.ts";
import { StateStore } from "./store.ts";

export interface DifferenceSpec extends Omit<JobSpec, "promises" | "symmetry"> {
  /** The other script: the same commands under another header. */
  readonly against: string;
}

/** One thing that differs; `returned` of a command that was answered differently. */
export interface Differing {
  readonly whose: string;
  readonly aspect: string;
  readonly a: string;
  readonly b: string;
}

export interface Difference {
  readonly depth: number;
  /** Lines behind both scripts; after the last one the two can be told apart. */
  readonly lines: readonly string[];
  readonly differing: readonly Differing[];
}

export interface DifferenceReport {
  readonly ending: Ending;
  /** True if every pair that no difference comes before was seen. */
  readonly complete: boolean;
  readonly pairs: number;
  readonly transitions: number;
  readonly depth: number;
  /** By what differs: of each kind the nearest, nearest first. */
  readonly differences: readonly Difference[];
}

type Side = {
  readonly world: World;
  readonly space: Space;
  readonly memos: readonly Memo<readonly Observed[]>[];
};

type OpenedDifference =
  | { readonly ok: true; readonly job: DifferenceJob }
  | { readonly ok: false; readonly problems: readonly JobProblem[] };

const questionsOf = (w: World): ((w: World) => readonly Observed[])[] => [
  ...w.setup.devices.map((_, d) => (x: World) => observedDevice(x, d)),
  ...w.setup.vsmmus.map((_, v) => (x: World) => observedVsmmu(x, v)),
  observedQemu,
];

interface Found {
  readonly state: number;
  readonly depth: number;
  /** Of a command that was answered differently: it leads nowhere new. */
  readonly move: number;
  readonly differing: readonly Differing[];
}

export class DifferenceJob {
  private readonly sides: readonly [Side, Side];
  private readonly moves: readonly (readonly Action[])[];
  private readonly limits: JobLimits;
  private readonly store: StateStore;
  private readonly found = new Map<string, Found>();
  private readonly depths: number[] = [];
  /** Pairs that are not gone on from: they differ already. */
  private readonly apart = new Set<number>();
  private at = 0;
  private transitions = 0;
  private end: Ending | null = null;

  private constructor(sides: readonly [Side, Side], limits: JobLimits) {
    this.sides = sides;
    this.moves = sides[0].space.moves.map((m) => m.actions);
    this.limits = limits;
    const width = sides[0].space.width + sides[1].space.width;
    this.store = new StateStore(width);
    const pair = new Int32Array(width);
    pair.set(sides[0].space.initial);
    pair.set(sides[1].space.initial, sides[0].space.width);
    this.enter(pair, -1, 0, 0);
  }

  static open(spec: DifferenceSpec): OpenedDifference {
    const { script, against, ...rest } = spec;
    const read = [script, against].map((text) => readSpec({ ...rest, script: text, promises: [] }));
    const problems = read.flatMap((r) => (r.ok ? [] : r.problems));
    const [a, b] = read;
    if (a === undefined || b === undefined || !a.ok || !b.ok) return { ok: false, problems };
    const side = ({ world, alphabet }: typeof a.value): Side => ({
      world,
      space: new Space(world, alphabet.moves, {
        // A pair is turned as one or not at all.
        freedom: freedomOf(world, alphabet, [], false),
        normal: true,
      }),
      memos: questionsOf(world).map(() => new Memo<readonly Observed[]>()),
    });
    const [x, y] = [side(a.value), side(b.value)];
    const same =
      x.space.moves.length === y.space.moves.length &&
      x.space.moves.every((m, i) =>
        m.actions.every(
          (action, n) =>
            actionText(a.value.world.setup, action) ===
            actionText(b.value.world.setup, y.space.moves[i]?.actions[n] ?? action),
        ),
      );
    if (!same)
      return {
        ok: false,
        problems: [
          { where: "script", index: 0, message: "the two scripts have different machines", places: [] },
        ],
      };
    return { ok: true, job: new DifferenceJob([x, y], a.value.limits) };
  }

  /** Goes on from up to so many more pairs; false when it is over. */
  advance(pairs: number): boolean {
    const [a, b] = this.sides;
    const wa = a.space.width;
    const pair = new Int32Array(this.store.width);
    const next = new Int32Array(this.store.width);
    const to = [next.subarray(0, wa), next.subarray(wa)] as const;
    for (let n = 0; n < pairs && this.end === null; n++) {
      while (this.apart.has(this.at)) this.at++;
      const state = this.at;
      if (state >= this.store.count) this.end = "complete";
      else if ((this.depths[state] as number) >= this.limits.depth) this.end = "depth";
      else if (this.store.count >= this.limits.states) this.end = "states";
      else if (this.store.bytes > this.limits.bytes) this.end = "bytes";
      if (this.end !== null) break;
      this.at++;
      this.store.read(state, pair);
      const from = [pair.subarray(0, wa), pair.subarray(wa)] as const;
      for (let move = 0; move < this.moves.length; move++) {
        const ra = a.space.next(from[0], move, to[0]);
        const sa = ra === -2 ? "rejected" : a.space.said;
        const rb = b.space.next(from[1], move, to[1]);
        const sb = rb === -2 ? "rejected" : b.space.said;
        if (ra === -2 && rb === -2) continue;
        this.transitions++;
        if (ra < 0) to[0].set(from[0]);
        if (rb < 0) to[1].set(from[1]);
        if (sa !== sb) this.note(state, move, (this.depths[state] as number) + 1, [returned(sa, sb)]);
        else if (ra >= 0 || rb >= 0) this.enter(next, state, move, (this.depths[state] as number) + 1);
      }
    }
    return this.end === null;
  }

  cancel(): void {
    this.end ??= "cancelled";
  }

  get progress(): { readonly pairs: number; readonly transitions: number; readonly depth: number } {
    return {
      pairs: this.store.count,
      transitions: this.transitions,
      depth: this.depths[Math.min(this.at, this.depths.length - 1)] as number,
    };
  }

  report(): DifferenceReport {
    const ending = this.end ?? "cancelled";
    return {
      ending,
      complete: ending === "complete",
      ...this.progress,
      differences: distinct([...this.found.values()].map((f) => this.differenceOf(f))),
    };
  }

  private enter(pair: Int32Array, parent: number, move: number, depth: number): void {
    const { store } = this;
    const hash = (x: Int32Array): number => {
      const [a, b] = this.sides;
      return (
        Math.imul(a.space.hash(x.subarray(0, a.space.width)), 0x9e3779b1) ^
        b.space.hash(x.subarray(a.space.width))
      );
    };
    if (store.full) store.rehash(hash);
    const id = store.add(pair, hash(pair), parent, move);
    if (id >= 0) return;
    const state = ~id;
    this.depths[state] = depth;
    const [a, b] = this.sides;
    const differing = between(
      this.observed(a, pair.subarray(0, a.space.width)),
      this.observed(b, pair.subarray(a.space.width)),
    );
    if (differing.length === 0) return;
    this.apart.add(state);
    this.note(state, -1, depth, differing);
  }

  private observed(side: Side, ids: Int32Array): readonly Observed[] {
    return questionsOf(side.world).flatMap((ask, i) => [
      ...side.space.derive(side.memos[i] as Memo<readonly Observed[]>, ids, ask),
    ]);
  }

  private note(state: number, move: number, depth: number, differing: readonly Differing[]): void {
    const key = differing.map(keyOf).sort().join("\n");
    if (!this.found.has(key)) this.found.set(key, { state, move, depth, differing });
  }

  /** The shortest way, and what differs at its end when the engine itself plays it. */
  private differenceOf(f: Found): Difference {
    const way: Action[] = f.move < 0 ? [] : [...(this.moves[f.move] as readonly Action[])];
    for (let s = f.state; (this.store.parents[s] as number) >= 0; s = this.store.parents[s] as number)
      way.unshift(...(this.moves[this.store.vias[s] as number] as readonly Action[]));
    const [a, b] = this.sides;
    const shown = (actions: readonly Action[]): readonly Differing[] => apartAfter(a.world, b.world, actions);
    const shows = (actions: readonly Action[]): boolean => {
      const keys = new Set(shown(actions).map(keyOf));
      return f.differing.every((d) => keys.has(keyOf(d)));
    };
    if (!shows(way)) throw new Error("the search sees a difference where the engine sees none");
    const least = shorter(way, shows);
    return {
      depth: f.depth,
      lines: least.map((x) => actionText(a.world.setup, x)),
      differing: shown(least),
    };
  }
}

/** Whichever device or vSMMU it is: the same thing at another is no other difference. */
const keyOf = (d: Differing): string => `${d.whose.replace(/\d+$/, "")} ${d.aspect} ${d.a} ${d.b}`;

/** Ways that came down to the same lines are one. */
function distinct(found: readonly Difference[]): Difference[] {
  const out = new Map<string, Difference>();
  for (const d of found) {
    const key = d.lines.join("\n");
    if (!out.has(key)) out.set(key, d);
  }
  return [...out.values()];
}

const returned = (a: string, b: string): Differing => ({ whose: "command", aspect: "returned", a, b });

function between(a: readonly Observed[], b: readonly Observed[]): Differing[] {
  return a.flatMap((x, i) => {
    const y = b[i] as Observed;
    return x.value === y.value ? [] : [{ whose: x.whose, aspect: x.aspect, a: x.value, b: y.value }];
  });
}

const allOf = (w: World): readonly Observed[] => questionsOf(w).flatMap((ask) => [...ask(w)]);

/** What two worlds differ in after the same actions; of the last one also what it returned. */
function apartAfter(a: World, b: World, actions: readonly Action[]): readonly Differing[] {
  const last = actions.at(-1);
  const [wa, wb] = [play(a, actions.slice(0, -1)), play(b, actions.slice(0, -1))];
  if (last === undefined) return between(allOf(wa), allOf(wb));
  const [x, y] = [wa, wb].map((w) => step(w, last, { trace: false }));
  if (x === undefined || y === undefined) return [];
  const said = ({ outcome }: typeof x): string =>
    outcome.rejected ? "rejected" : (outcome.errno ?? (outcome.ok ? "ok" : "error"));
  const differing = between(allOf(x.world), allOf(y.world));
  return said(x) === said(y) ? differing : [returned(said(x), said(y)), ...differing];
}

/** Leaves out every action that is not needed, last ones first, again and again. */
function shorter(way: readonly Action[], shows: (actions: readonly Action[]) => boolean): readonly Action[] {
  let now = [...way];
  for (let before = -1; before !== now.length; ) {
    before = now.length;
    for (let i = now.length - 1; i >= 0; i--) {
      const without = now.filter((_, at) => at !== i);
      if (shows(without)) now = without;
    }
  }
  return now;
}

/** What a repair (or another release) does to the divergences that can be reached. */
export interface RepairReport {
  readonly removed: readonly string[];
  readonly brought: readonly { readonly cls: string; readonly depth: number }[];
  readonly kept: readonly { readonly cls: string; readonly before: number; readonly after: number }[];
  /** False if one of the two searches was stopped: what is absent may only be farther away. */
  readonly complete: boolean;
}

export function repairReport(before: JobReport, after: JobReport): RepairReport {
  const then = new Map(after.classes.map((c) => [c.cls, c.depth]));
  const was = new Map(before.classes.map((c) => [c.cls, c.depth]));
  return {
    removed: before.classes.filter((c) => !then.has(c.cls)).map((c) => c.cls),
    brought: after.classes.filter((c) => !was.has(c.cls)).map(({ cls, depth }) => ({ cls, depth })),
    kept: before.classes.flatMap((c) => {
      const depth = then.get(c.cls);
      return depth === undefined ? [] : [{ cls: c.cls, before: c.depth, after: depth }];
    }),
    complete: before.complete && after.complete,
  };
}

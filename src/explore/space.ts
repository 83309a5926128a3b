/**
 * The state space of one search: states as numbers, the engine's `step()` behind a memory of what it answered. No rule
 * of the model is written here a second time; this only avoids asking the same question twice.
 */
import type { Action } from "../engine/actions.ts";
import { phasesOf } from "../engine/step.ts";
import type { World } from "../engine/world.ts";
import type { Move } from "./alphabet.ts";
import { Composition } from "./composition.ts";
import { type Freedom, renamedActions } from "./freedom.ts";
import { normalGuest } from "./guest-normal.ts";
import { normalHost } from "./host-normal.ts";
import { Memo } from "./memo.ts";
import { type Renaming, renamingOf, type Symmetry } from "./renaming.ts";
import { type Effect, type EffectPart, type Notes, OK, Runs, type Stage, TOO_LATE } from "./runs.ts";
import { Shape } from "./shape.ts";
import type { Load } from "./shares.ts";
import { type Group, grown, HOST, keyOf, type Slot, Slots } from "./slots.ts";

export interface SpaceOptions {
  readonly freedom: Freedom;
  /** Normal form at all; off only for tests that compare. */
  readonly normal: boolean;
}

interface Plan {
  readonly when: ((w: World) => boolean) | null;
  readonly whenMemo: Memo<boolean>;
  readonly stages: readonly Stage[];
  /** Uses up the one fault of the way. */
  readonly fault: boolean;
  /** The symmetry that turns this move into the one it is learnt as: the first that any symmetry turns it into. */
  readonly turn: number;
}

/** A lossy table from two numbers to one: forgetting costs time, never truth. */
class PairCache {
  private readonly mask: number;
  private readonly a: Int32Array;
  private readonly b: Int32Array;
  private readonly value: Int32Array;

  constructor(log2: number) {
    const n = 1 << log2;
    this.mask = n - 1;
    this.a = new Int32Array(n).fill(-1);
    this.b = new Int32Array(n);
    this.value = new Int32Array(n);
  }

  private at(a: number, b: number): number {
    const h = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b);
    return (h ^ (h >>> 15)) & this.mask;
  }

  get(a: number, b: number): number {
    const i = this.at(a, b);
    return this.a[i] === a && this.b[i] === b ? (this.value[i] as number) : -1;
  }

  set(a: number, b: number, value: number): void {
    const i = this.at(a, b);
    this.a[i] = a;
    this.b[i] = b;
    this.value[i] = value;
  }
}

/** A function from states of one group to states of one group, learnt value by value. */
class GroupMap {
  private table = new Int32Array(256).fill(-1);

  get(id: number): number {
    return id < this.table.length ? (this.table[id] as number) : -1;
  }

  set(id: number, to: number): void {
    while (id >= this.table.length) this.table = grown(this.table, -1);
    this.table[id] = to;
  }
}

/** Images of the state that is being gone on from, made as they are asked for. */
class Images {
  private readonly state: Int32Array;
  private readonly made: Int32Array[];
  private readonly known: boolean[];
  private readonly make: (symmetry: number, ids: Int32Array, out: Int32Array) => void;

  constructor(
    width: number,
    symmetries: number,
    make: (symmetry: number, ids: Int32Array, out: Int32Array) => void,
  ) {
    this.state = new Int32Array(width).fill(-1);
    this.made = Array.from({ length: symmetries }, () => new Int32Array(width));
    this.known = new Array<boolean>(symmetries).fill(false);
    this.make = make;
  }

  of(ids: Int32Array, symmetry: number, out: Int32Array): void {
    const { state, known } = this;
    const n = state.length;
    if (symmetry === 0) {
      for (let i = 0; i < n; i++) out[i] = ids[i] as number;
      return;
    }
    let same = true;
    for (let i = 0; i < n; i++)
      if (state[i] !== ids[i]) {
        state[i] = ids[i] as number;
        same = false;
      }
    if (!same) known.fill(false);
    const image = this.made[symmetry] as Int32Array;
    if (!known[symmetry]) {
      this.make(symmetry, ids, image);
      known[symmetry] = true;
    }
    for (let i = 0; i < n; i++) out[i] = image[i] as number;
  }
}

/** Order of two states of a group: the same in every process. */
function precedes({ lo, hi }: Group, x: number, y: number): boolean {
  return lo[x] !== lo[y] ? (lo[x] as number) < (lo[y] as number) : (hi[x] as number) < (hi[y] as number);
}

export class Space {
  readonly moves: readonly Move[];
  readonly slots: Slots;
  readonly groups: readonly Group[];
  /** Groups of a state: its width in numbers. */
  readonly width: number;
  readonly initial: Int32Array;
  /** What a state is folded by; the identity first. */
  readonly symmetries: readonly Symmetry[];
  /** Images of the initial state. Where it is the only one, every image of a reachable state is reachable. */
  readonly initialOrbit: number;
  /** Symmetry that led from the given world to the initial state. */
  readonly frame: number;
  private readonly shape: Shape;
  /** A world that stands for the groups that a normal form of another does not look at. */
  private readonly base: World;
  private readonly runs: Runs;
  private readonly options: SpaceOptions;
  private readonly renamings: readonly Renaming[];
  /** By move; moves that a symmetry turns into each other share what is learnt. */
  private readonly plans: readonly Plan[];
  private readonly composition: Composition;
  private readonly images: Images;
  /** States of the last group: whether the one fault of the way has been injected. */
  private readonly unspent: number;
  private readonly spent: number;
  private readonly cache = new PairCache(18);
  private readonly normalOf: readonly GroupMap[];
  /** By symmetry, then group. */
  private readonly imageOf: readonly (readonly GroupMap[])[];
  /** Images of the last state that was made canonical, itself among them: so many states it stands for. */
  orbit = 1;
  /** What the last move told its caller: the first thing that was not `ok`. */
  said = OK;
  private readonly scratch: Int32Array;
  private readonly other: Int32Array;
  private readonly turned: Int32Array;
  private readonly before: Int32Array;

  constructor(world: World, moves: readonly Move[], options: SpaceOptions) {
    const { setup } = world;
    this.moves = moves;
    this.options = options;
    this.slots = new Slots(setup.vsmmus.length);
    this.groups = this.slots.groups;
    this.width = this.groups.length;
    this.shape = new Shape(world, this.slots);
    this.runs = new Runs(this.shape);
    this.before = new Int32Array(this.width);
    this.renamings = options.freedom.symmetries.map((s) => renamingOf(setup, s));
    const last = this.groups[this.width - 1] as Group;
    const flag = last.slot("spent");
    this.unspent = last.intern(new Map());
    this.spent = last.intern(new Map([[flag, flag.intern(true)]]));
    const memos = new Map<string, Pick<Stage, "memo" | "whole">>();
    const stages = (action: Action, first: boolean): Stage[] =>
      Array.from({ length: phasesOf(setup, action) }, (_, phase) => {
        const key = `${keyOf(action)}/${phase}`;
        const memo = memos.get(key) ?? { memo: new Memo<Effect>(), whole: new Memo<Effect>() };
        memos.set(key, memo);
        return { action, phase, first: first && phase === 0, ...memo };
      });
    const { symmetries } = options.freedom;
    this.symmetries = symmetries;
    this.composition = new Composition(symmetries);
    const made = moves.map((m) => ({
      when: m.when ?? null,
      whenMemo: new Memo<boolean>(),
      stages: m.actions.flatMap((a, i) => stages(a, i === 0)),
      fault: m.actions.some((a) => a.kind === "inject"),
      turn: 0,
    }));
    const places = new Map(moves.map((m, i) => [keyOf(m.actions), i]));
    this.plans = moves.map((m, i): Plan => {
      let first = i;
      let turn = 0;
      for (const [s, r] of this.renamings.entries()) {
        const to = places.get(keyOf(renamedActions(m.actions, r))) ?? i;
        if (to >= first) continue;
        first = to;
        turn = s;
      }
      return { ...(made[first] as Plan), turn };
    });
    this.images = new Images(this.width, symmetries.length, (s, ids, out) => this.imageInto(s, ids, out));
    this.normalOf = this.groups.map(() => new GroupMap());
    this.imageOf = options.freedom.symmetries.map(() => this.groups.map(() => new GroupMap()));
    this.scratch = new Int32Array(this.width);
    this.other = new Int32Array(this.width);
    this.turned = new Int32Array(this.width);
    this.initial = new Int32Array(this.width);
    this.base = this.normal(world, this.renamings[0] as Renaming);
    this.initial.set(this.intern(this.base));
    this.frame = this.canonical(this.initial);
    this.initialOrbit = this.orbit;
  }

  /** Every group's state of a whole world. */
  private intern(world: World): Int32Array {
    const values = this.groups.map(() => new Map<Slot, number>());
    this.shape.extract(world, (slot, value) => {
      const id = slot.intern(value);
      if (id !== 0) values[slot.group]?.set(slot, id);
    });
    return Int32Array.from(this.groups, (g, i) => g.intern(values[i] as Map<Slot, number>));
  }

  private normal(world: World, r: Renaming): World {
    if (!this.options.normal) return world;
    const { freedom } = this.options;
    return normalGuest(normalHost(world, r, freedom), r, freedom);
  }

  /** The world a state stands for. */
  world(ids: ArrayLike<number>): World {
    return this.shape.assemble((s) => this.groups[s.group]?.value(ids[s.group] as number, s), null);
  }

  /** State of a world met elsewhere: its canonical one. `symmetry` gets which renaming led there. */
  enter(world: World, out: Int32Array): number {
    out.set(this.intern(this.normal(world, this.renamings[0] as Renaming)));
    return this.canonical(out);
  }

  /** Marks a state as one on whose way the fault was injected. */
  spend(ids: Int32Array): void {
    ids[this.width - 1] = this.spent;
  }

  /** Successor by a move, canonical: -2 if rejected, -1 if nothing changed, else the symmetry that was applied. */
  next(ids: Int32Array, move: number, out: Int32Array): number {
    const plan = this.plans[move] as Plan;
    const { width, turned } = this;
    if (plan.fault && ids[width - 1] !== this.unspent) return -2;
    this.images.of(ids, plan.turn, turned);
    if (plan.when !== null && !this.derive(plan.whenMemo, turned, plan.when)) return -2;
    this.said = OK;
    for (let i = 0; i < width; i++) out[i] = turned[i] as number;
    if (plan.fault) out[width - 1] = this.spent;
    for (let n = 0; n < plan.stages.length; n++) {
      const stage = plan.stages[n] as Stage;
      if (!this.staged(out, stage) && stage.first) return -2;
    }
    for (let i = 0; i < width; i++)
      if (out[i] !== turned[i]) return this.composition.both(plan.turn, this.canonical(out));
    return -1;
  }

  /** The image of a state under a symmetry. */
  image(symmetry: number, ids: Int32Array, out: Int32Array): void {
    this.images.of(ids, symmetry, out);
  }

  /** What each move costs, for sharing them out; moves that share what is learnt are one family. */
  get loads(): readonly Load[] {
    const families = new Map<Memo<Effect>, number>();
    let next = 0;
    const found = this.plans.map(({ stages }) => {
      const known = stages.flatMap((s) => families.get(s.memo) ?? []);
      const family = known.length > 0 ? Math.min(...known) : next++;
      // Who shared with any of them shares with all.
      for (const [memo, f] of families) if (known.includes(f)) families.set(memo, family);
      for (const s of stages) families.set(s.memo, family);
      return stages;
    });
    return found.map((stages) => ({
      family: families.get((stages[0] as Stage).memo) as number,
      weight: stages.length,
    }));
  }

  get plansCount(): number {
    return this.plans.length;
  }

  /** Does one stage to a state; false if it was rejected. */
  private staged(ids: Int32Array, stage: Stage): boolean {
    const { groups, runs } = this;
    const { epoch } = this.slots;
    const effect = stage.memo.find(groups, ids, epoch) ?? runs.stage(ids, stage, false);
    if (effect === TOO_LATE) return this.stagedWhole(ids, stage);
    if (effect.said !== OK && this.said === OK) this.said = effect.said;
    if (effect.rejected) return false;
    const { parts, notes } = effect;
    if (notes !== null) this.before.set(ids);
    this.apply(ids, parts);
    if (notes !== null && !this.tell(ids, notes)) {
      ids.set(this.before);
      return this.stagedWhole(ids, stage);
    }
    this.settle(ids);
    return true;
  }

  /** What the vSMMUs make of what a stage noted down; false if somebody had to be told before. */
  private tell(ids: Int32Array, { told }: Notes): boolean {
    for (let v = 0; v < told.length; v++) {
      const to = told[v];
      if (to === null || to === undefined) continue;
      const effect = to.memo.find(this.groups, ids, this.slots.epoch) ?? this.runs.told(ids, to);
      if (effect === TOO_LATE) return false;
      this.apply(ids, effect.parts);
    }
    return true;
  }

  private stagedWhole(ids: Int32Array, stage: Stage): boolean {
    const effect = stage.whole.find(this.groups, ids, this.slots.epoch) ?? this.runs.stage(ids, stage, true);
    if (effect.said !== OK && this.said === OK) this.said = effect.said;
    this.apply(ids, effect.parts);
    this.settle(ids);
    return !effect.rejected;
  }

  private apply(ids: Int32Array, parts: readonly EffectPart[]): void {
    for (let i = 0; i < parts.length; i++) {
      const p = parts[i] as EffectPart;
      const old = ids[p.group] as number;
      let now = this.cache.get(p.no, old);
      if (now < 0) {
        now = (this.groups[p.group] as Group).changed(old, p.changes);
        this.cache.set(p.no, old, now);
      }
      ids[p.group] = now;
    }
  }

  /** Every group in normal form: after a stage, not within one, where the columns may stand apart. */
  private settle(ids: Int32Array): void {
    for (let g = 0; g < this.width; g++) {
      const id = ids[g] as number;
      const to = (this.normalOf[g] as GroupMap).get(id);
      ids[g] = to < 0 ? this.normalState(g, id) : to;
    }
  }

  /** An answer that `ask` derives from a state, learnt like a step's. */
  derive<T>(memo: Memo<T>, ids: Int32Array, ask: (w: World) => T): T {
    return this.runs.derive(memo, ids, ask);
  }

  private normalState(group: number, id: number): number {
    const map = this.normalOf[group] as GroupMap;
    const to = this.options.normal ? this.groupImage(group, id, this.renamings[0] as Renaming) : id;
    map.set(id, to);
    map.set(to, to);
    return to;
  }

  /** The state of one group as a renaming and the normal form leave it. */
  private groupImage(group: number, id: number, r: Renaming): number {
    if (group === this.width - 1) return id;
    const g = this.groups[group] as Group;
    const world = this.shape.replaced(this.base, group, (slot) => g.value(id, slot));
    // The normal form of a group looks at that group alone.
    const { freedom } = this.options;
    const after = group === HOST ? normalHost(world, r, freedom) : normalGuest(world, r, freedom);
    const to =
      group === HOST || group > this.slots.vsmmus ? group : 1 + (r.symmetry.vsmmus[group - 1] as number);
    const values = new Map<Slot, number>();
    this.shape.extract(
      after,
      (slot, value) => {
        if (slot.group !== to) return;
        const before = to === group ? g.get(id, slot.index) : 0;
        const v = before !== 0 && slot.raw[before] === value ? before : slot.intern(value);
        if (v !== 0) values.set(slot, v);
      },
      null,
      to,
    );
    return (this.groups[to] as Group).intern(values);
  }

  /**
   * Replaces a normal state by the least of its symmetric images, and says which symmetry leads there. Least by what
   * the states are, not by when they were met: the same in every process.
   */
  private canonical(ids: Int32Array): number {
    const n = this.renamings.length;
    this.orbit = 1;
    if (n === 1) return 0;
    const { scratch, other, width } = this;
    let best = 0;
    // As many symmetries as leave the state alone lead to its least image.
    let leading = 1;
    scratch.set(ids);
    const host = this.groups[HOST] as Group;
    for (let s = 1; s < n; s++) {
      // The host's side is compared first, and nearly always decides.
      const to = this.turnedHost(s, ids[HOST] as number);
      const least = scratch[HOST] as number;
      if (to !== least && !precedes(host, to, least)) continue;
      this.imageInto(s, ids, other);
      if (this.less(other, scratch)) {
        for (let i = 0; i < width; i++) scratch[i] = other[i] as number;
        best = s;
        leading = 1;
      } else if (this.equal(other, scratch)) leading++;
    }
    ids.set(scratch);
    this.orbit = n / leading;
    return best;
  }

  private imageInto(symmetry: number, ids: Int32Array, out: Int32Array): void {
    const maps = this.imageOf[symmetry] as readonly GroupMap[];
    const { vsmmus } = (this.renamings[symmetry] as Renaming).symmetry;
    for (let g = 0; g < this.width; g++) {
      const id = ids[g] as number;
      const known = (maps[g] as GroupMap).get(id);
      out[g === 0 || g > vsmmus.length ? g : 1 + (vsmmus[g - 1] as number)] =
        known < 0 ? this.groupTurned(symmetry, g, id) : known;
    }
  }

  /**
   * The image of a normal state of one group. Only those under generators are computed from worlds; what symmetries
   * compose to, and the ways back, follow.
   */
  private groupTurned(symmetry: number, group: number, id: number): number {
    const maps = this.imageOf[symmetry] as readonly GroupMap[];
    const known = (maps[group] as GroupMap).get(id);
    if (known >= 0) return known;
    const factors = this.composition.factors(symmetry);
    let to: number;
    if (factors === null) to = this.groupImage(group, id, this.renamings[symmetry] as Renaming);
    else {
      const [first, second] = factors;
      to = this.groupTurned(second, this.groupAfter(first, group), this.groupTurned(first, group, id));
    }
    this.learnImage(symmetry, group, id, to);
    return to;
  }

  /** Remembers an image, computed here or elsewhere, and the way back. */
  learnImage(symmetry: number, group: number, id: number, to: number): void {
    ((this.imageOf[symmetry] as readonly GroupMap[])[group] as GroupMap).set(id, to);
    const back = this.imageOf[this.composition.inverse(symmetry)] as readonly GroupMap[];
    (back[this.groupAfter(symmetry, group)] as GroupMap).set(to, id);
  }

  /** What is known of a state's images under generators. */
  eachImage(group: number, id: number, tell: (symmetry: number, toGroup: number, to: number) => void): void {
    for (const s of this.composition.generators) {
      const to = ((this.imageOf[s] as readonly GroupMap[])[group] as GroupMap).get(id);
      if (to >= 0) tell(s, this.groupAfter(s, group), to);
    }
  }

  groupAfter(symmetry: number, group: number): number {
    const { vsmmus } = (this.renamings[symmetry] as Renaming).symmetry;
    return group === HOST || group > vsmmus.length ? group : 1 + (vsmmus[group - 1] as number);
  }

  private turnedHost(symmetry: number, id: number): number {
    const known = ((this.imageOf[symmetry] as readonly GroupMap[])[HOST] as GroupMap).get(id);
    return known < 0 ? this.groupTurned(symmetry, HOST, id) : known;
  }

  private equal(a: Int32Array, b: Int32Array): boolean {
    for (let g = 0; g < this.width; g++) if (a[g] !== b[g]) return false;
    return true;
  }

  private less(a: Int32Array, b: Int32Array): boolean {
    for (let g = 0; g < this.width; g++) {
      const x = a[g] as number;
      const y = b[g] as number;
      if (x !== y) return precedes(this.groups[g] as Group, x, y);
    }
    return false;
  }

  /** Hash of a state, the same in every process. */
  hash(ids: ArrayLike<number>): number {
    let h = 0;
    for (let g = 0; g < this.width; g++)
      h = Math.imul(h ^ ((this.groups[g] as Group).lo[ids[g] as number] as number), 0x9e3779b1) ^ (h >>> 13);
    return h ^ (h >>> 16);
  }

  /** Runs of the engine so far, for reports. */
  get engineRuns(): number {
    return this.runs.count;
  }
}

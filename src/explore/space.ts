/**
 * The state space of one search: states as numbers, the engine's `step()` behind a memory of what it answered. No rule
 * of the model is written here a second time; this only avoids asking the same question twice.
 */
import type { Action } from "../engine/actions.ts";
import { phasesOf } from "../engine/step.ts";
import type { World } from "../engine/world.ts";
import type { Move } from "./alphabet.ts";
import { Fold } from "./fold.ts";
import { type Freedom, renamedActions } from "./freedom.ts";
import { normalGuest } from "./guest-normal.ts";
import { normalHost } from "./host-normal.ts";
import { Memo } from "./memo.ts";
import { type Renaming, renamingOf, type Symmetry } from "./renaming.ts";
import { type Effect, type EffectPart, type Notes, OK, Runs, type Stage, TOO_LATE } from "./runs.ts";
import { Shape } from "./shape.ts";
import type { Load } from "./shares.ts";
import { type Group, HOST, keyOf, type Slot, Slots } from "./slots.ts";
import { GroupMap, PairCache } from "./tables.ts";

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
  readonly fold: Fold;
  /** States of the last group: whether the one fault of the way has been injected. */
  private readonly unspent: number;
  private readonly spent: number;
  private readonly cache = new PairCache(18);
  private readonly normalOf: readonly GroupMap[];
  /** What the last move told its caller: the first thing that was not `ok`. */
  said = OK;
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
    this.normalOf = this.groups.map(() => new GroupMap());
    this.fold = new Fold(this.groups, this.renamings, (group, id, r) => this.groupImage(group, id, r));
    this.turned = new Int32Array(this.width);
    this.initial = new Int32Array(this.width);
    this.base = this.normal(world, this.renamings[0] as Renaming);
    this.initial.set(this.intern(this.base));
    this.frame = this.fold.canonical(this.initial);
    this.initialOrbit = this.fold.orbit;
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
    return this.fold.canonical(out);
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
    this.fold.image(plan.turn, ids, turned);
    if (plan.when !== null && !this.derive(plan.whenMemo, turned, plan.when)) return -2;
    this.said = OK;
    for (let i = 0; i < width; i++) out[i] = turned[i] as number;
    if (plan.fault) out[width - 1] = this.spent;
    for (let n = 0; n < plan.stages.length; n++) {
      const stage = plan.stages[n] as Stage;
      if (!this.staged(out, stage) && stage.first) return -2;
    }
    for (let i = 0; i < width; i++)
      if (out[i] !== turned[i]) return this.fold.both(plan.turn, this.fold.canonical(out));
    return -1;
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

/**
 * Runs of the engine on tracked worlds: what a stage of a move changes, and what that depended on. Every answer is kept
 * in a decision tree; nothing here knows any rule of the model.
 */
import type { Action } from "../engine/actions.ts";
import type { MemoryNote, Watch } from "../engine/cx.ts";
import { type Stepped, stepNotes, stepPhase } from "../engine/step.ts";
import type { World } from "../engine/world.ts";
import { Memo } from "./memo.ts";
import type { Shape } from "./shape.ts";
import { type Group, keyOf, type Slot, type Slots } from "./slots.ts";
import { Tracker } from "./tracked.ts";

/** Changes of one group: index, value, index, value … Equal ones are one object. */
export interface EffectPart {
  readonly no: number;
  readonly group: number;
  readonly changes: Int32Array;
}

/** What a stage did. */
export interface Effect {
  /** It makes no sense there. */
  readonly rejected: boolean;
  /** What the caller is told: `ok`, an errno, `error` or `rejected`. */
  readonly said: string;
  /** Ascending by group; empty if nothing changed. */
  readonly parts: readonly EffectPart[];
  /** What the other vSMMUs are still to be told of memory. */
  readonly notes: Notes | null;
}

/** Notes of a stage with what each vSMMU made of them. */
export interface Notes {
  readonly list: readonly MemoryNote[];
  readonly home: number;
  /** Places that the stage wrote: who looks at one must be told in time. */
  readonly written: ReadonlySet<Slot>;
  /** Index = vSMMU. */
  readonly memos: readonly Memo<Effect>[];
}

const REJECTED: Effect = { rejected: true, said: "rejected", parts: [], notes: null };
/** Somebody looked where the stage had written: the stage has to be run whole. */
export const TOO_LATE: Effect = { rejected: true, said: "", parts: [], notes: null };

export const OK = "ok";

/** One step of a move: an action, or one phase of it. */
export interface Stage {
  readonly action: Action;
  readonly phase: number;
  /** The first stage of the move: a rejection there is one of the move. */
  readonly first: boolean;
  readonly memo: Memo<Effect>;
  /** The stage with everybody told at once. */
  readonly whole: Memo<Effect>;
}

/** The vSMMU whose guest acts, for verbs that touch nothing of another's; -1 for anything else. */
function homeOf(a: Action): number {
  switch (a.kind) {
    case "gbpa":
    case "cr0":
    case "cr0-value":
    case "ste":
    case "cd":
    case "map":
    case "unmap":
    case "cfgi":
    case "cmd":
    case "strtab":
    case "l1std":
      return a.vsmmu;
    default:
      return -1;
  }
}

/** Stamps of runs are told apart across searches, because slots remember them. */
const RUN = { stamp: 0 };

export class Runs {
  private readonly slots: Slots;
  private readonly groups: readonly Group[];
  private readonly shape: Shape;
  private readonly tracker = new Tracker();
  private readonly parts = new Map<string, EffectPart>();
  private readonly unchanged = new Map<string, Effect>();
  private readonly notes = new Map<string, Notes>();
  count = 0;

  constructor(shape: Shape) {
    this.shape = shape;
    this.slots = shape.slots;
    this.groups = shape.slots.groups;
  }

  /** A world whose readings are logged from here on. */
  private watched(ids: ArrayLike<number>): World {
    const world = this.shape.assemble(
      (s) => (this.groups[s.group] as Group).value(ids[s.group] as number, s),
      this.tracker,
    );
    this.tracker.begin(++RUN.stamp);
    this.count++;
    return world;
  }

  private learn<T>(memo: Memo<T>, ids: ArrayLike<number>, answer: T): T {
    memo.learn(this.groups, ids, this.slots.epoch, this.tracker.log, answer);
    return answer;
  }

  /** `whole`: everybody is told of stores at once. */
  stage(ids: Int32Array, stage: Stage, whole: boolean): Effect {
    const home = whole || this.slots.vsmmus === 1 ? -1 : homeOf(stage.action);
    const world = this.watched(ids);
    const watch: Watch = { copy: this.tracker.copy, home, notes: [] };
    const effect = this.effectOf(ids, world, stepPhase(world, stage.action, stage.phase, watch));
    if (home >= 0 && this.lookedAway(home)) return this.learn(stage.memo, ids, TOO_LATE);
    const notes = watch.notes.length === 0 ? null : this.notesOf(home, watch.notes, effect);
    return this.learn(whole ? stage.whole : stage.memo, ids, notes === null ? effect : { ...effect, notes });
  }

  /** Another vSMMU's caches were looked at: they should have been told. */
  private lookedAway(home: number): boolean {
    return this.tracker.log.some((s) => (s.path === "caches" || s.path === "arch") && s.group !== 1 + home);
  }

  private notesOf(home: number, list: readonly MemoryNote[], effect: Effect): Notes {
    const written = effect.parts.flatMap((p) => {
      const slots = (this.groups[p.group] as Group).slots;
      return [...p.changes].flatMap((x, i) => ((i & 1) === 0 ? (slots[x] as Slot) : []));
    });
    const places = written.filter((s) => s.isLine || s.path === "tables");
    const key = `${home}/${keyOf(list)}/${places.map((s) => `${s.group}.${s.index}`).join()}`;
    let notes = this.notes.get(key);
    if (notes === undefined) {
      const memos = Array.from({ length: this.slots.vsmmus }, () => new Memo<Effect>());
      notes = { list, home, written: new Set(places), memos };
      this.notes.set(key, notes);
    }
    return notes;
  }

  /** What one vSMMU makes of notes. */
  told(ids: Int32Array, v: number, notes: Notes): Effect {
    const world = this.watched(ids);
    const watch: Watch = { copy: this.tracker.copy, home: -1, notes: [] };
    const effect = this.effectOf(ids, world, stepNotes(world, v, notes.list, watch));
    const late = this.tracker.log.some((s) => notes.written.has(s));
    return this.learn(notes.memos[v] as Memo<Effect>, ids, late ? TOO_LATE : effect);
  }

  private effectOf(ids: Int32Array, before: World, { world, outcome }: Stepped): Effect {
    if (outcome.rejected) return REJECTED;
    const said = outcome.errno ?? (outcome.ok ? OK : "error");
    if (world === before) return this.same(said);
    const changes: number[][] = this.groups.map(() => []);
    this.shape.extract(
      world,
      (slot, value) => {
        const id = slot.intern(value);
        // Writing what was there already changes nothing here; it does where something else was, unless that was read.
        const equal = (this.groups[slot.group] as Group).get(ids[slot.group] as number, slot.index) === id;
        if (!equal || slot.seen !== RUN.stamp) changes[slot.group]?.push(slot.index, id);
      },
      (slot) => this.tracker.read(slot),
    );
    const parts = changes.flatMap((list, group) => (list.length === 0 ? [] : [this.part(group, list)]));
    return parts.length === 0 ? this.same(said) : { rejected: false, said, parts, notes: null };
  }

  private same(said: string): Effect {
    let effect = this.unchanged.get(said);
    if (effect === undefined) {
      effect = { rejected: false, said, parts: [], notes: null };
      this.unchanged.set(said, effect);
    }
    return effect;
  }

  private part(group: number, list: readonly number[]): EffectPart {
    const key = `${group}:${list.join()}`;
    let part = this.parts.get(key);
    if (part === undefined) {
      part = { no: this.parts.size, group, changes: Int32Array.from(list) };
      this.parts.set(key, part);
    }
    return part;
  }

  /** An answer that `ask` derives from a state. */
  derive<T>(memo: Memo<T>, ids: Int32Array, ask: (w: World) => T): T {
    const known = memo.find(this.groups, ids, this.slots.epoch);
    if (known !== undefined) return known;
    return this.learn(memo, ids, ask(this.watched(ids)));
  }
}

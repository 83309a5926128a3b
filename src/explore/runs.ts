/**
 * Runs of the engine on tracked worlds: what a stage of a move changes, and what that depended on. Every answer is kept
 * in a decision tree; nothing here knows any rule of the model.
 */
import type { Action } from "../engine/actions.ts";
import type { Note, Watch } from "../engine/cx.ts";
import type { Line } from "../engine/memory.ts";
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
  /** By vSMMU: its notes and what it made of them; null if there are none for it. */
  readonly told: readonly (Told | null)[];
}

export interface Told {
  readonly vsmmu: number;
  readonly notes: readonly Note[];
  /** By slot that the stage wrote: the first note of these that comes after. Who looks earlier sees too new a value. */
  readonly settled: ReadonlyMap<Slot, number>;
  readonly memo: Memo<Effect>;
}

const REJECTED: Effect = { rejected: true, said: "rejected", parts: [], notes: null };
/** Somebody looked where the stage had written: the stage has to be run whole. */
export const TOO_LATE: Effect = { rejected: true, said: "", parts: [], notes: null };

export const OK = "ok";

const NO_LINE: Line = Object.freeze(new Array<bigint>(8).fill(0n));

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

/**
 * Verbs whose two columns are learnt apart: those that store to none of the structures that the architecture's column reads
 * while it is told of the stores.
 */
const APART: ReadonlySet<Action["kind"]> = new Set<Action["kind"]>([
  "gbpa",
  "cr0",
  "cr0-value",
  "cfgi",
  "cmd",
]);

/** Slots of the architecture's column. */
const isArch = ({ path }: Slot): boolean =>
  path.startsWith("arch.") || path.startsWith("caches.") || path === "expected";

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
    const { action } = stage;
    const home = whole ? -1 : homeOf(action);
    const apart = home >= 0 && APART.has(action.kind);
    const world = this.watched(ids);
    const watch: Watch = { copy: this.tracker.copy, home, apart, notes: [] };
    const effect = this.effectOf(ids, world, stepPhase(world, action, stage.phase, watch));
    // Somebody's column was looked at that should have been told before.
    const early = (s: Slot): boolean => isArch(s) && (apart || s.group !== 1 + home);
    if (home >= 0 && this.tracker.log.some(early)) return this.learn(stage.memo, ids, TOO_LATE);
    const notes = watch.notes.length === 0 ? null : this.notesOf(ids, watch, effect);
    return this.learn(whole ? stage.whole : stage.memo, ids, notes === null ? effect : { ...effect, notes });
  }

  private notesOf(ids: Int32Array, { home, apart, notes: list }: Watch, effect: Effect): Notes {
    const writers = this.writers(ids, list, effect);
    const places = [...writers].map(([s, at]) => `${s.group}.${s.index}@${at}`);
    const key = `${home}/${apart}/${keyOf(list)}/${places.join()}`;
    let notes = this.notes.get(key);
    if (notes === undefined) {
      const told = Array.from({ length: this.slots.vsmmus }, (_, vsmmu): Told | null => {
        if (vsmmu === home && !apart) return null;
        const mine = list.flatMap((n, at) => (n.kind !== "write" || vsmmu === home ? [{ n, at }] : []));
        if (mine.length === 0) return null;
        const after = (writer: number): number => mine.filter(({ at }) => at <= writer).length;
        return {
          vsmmu,
          notes: mine.map(({ n }) => n),
          settled: new Map([...writers].map(([s, at]) => [s, after(at)])),
          memo: new Memo<Effect>(),
        };
      });
      notes = { told };
      this.notes.set(key, notes);
    }
    return notes;
  }

  /** Places in memory that a stage wrote, with the last note that says so; infinity where notes do not say all. */
  private writers(ids: Int32Array, list: readonly Note[], effect: Effect): Map<Slot, number> {
    const out = new Map<Slot, number>();
    for (const { group, changes } of effect.parts) {
      const g = this.groups[group] as Group;
      for (let i = 0; i < changes.length; i += 2) {
        const slot = g.slots[changes[i] as number] as Slot;
        if (!slot.isLine) {
          if (slot.path === "tables") out.set(slot, Number.POSITIVE_INFINITY);
          continue;
        }
        const line = ((g.value(ids[group] as number, slot) as Line | undefined) ?? NO_LINE).slice();
        let last = -1;
        for (const [at, n] of list.entries()) {
          if (n.kind !== "store" || this.slots.lineAt(n.addr) !== slot) continue;
          line[Number((n.addr >> 3n) & 7n)] = n.now;
          last = at;
        }
        const now = (slot.raw[changes[i + 1] as number] as Line | undefined) ?? NO_LINE;
        const said = last >= 0 && line.every((w, at) => w === now[at]);
        out.set(slot, said ? last : Number.POSITIVE_INFINITY);
      }
    }
    return out;
  }

  /** What one vSMMU makes of notes. */
  told(ids: Int32Array, { vsmmu, notes, settled, memo }: Told): Effect {
    const world = this.watched(ids);
    const { log } = this.tracker;
    const watch: Watch = { copy: this.tracker.copy, home: -1, apart: false, notes: [] };
    const starts: number[] = [];
    const stepped = stepNotes(world, vsmmu, notes, watch, () => starts.push(log.length));
    let note = 0;
    const late = log.some((slot, i) => {
      while (note + 1 < starts.length && (starts[note + 1] as number) <= i) note++;
      const first = settled.get(slot);
      return first !== undefined && note < first;
    });
    return this.learn(memo, ids, late ? TOO_LATE : this.effectOf(ids, world, stepped));
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

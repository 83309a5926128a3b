/**
 * What was learnt of one question (the successor by one action, the facts of one device) as a decision tree: a node asks
 * for one slot, a leaf is an answer. The question itself is put to the engine only when the tree does not reach a leaf.
 *
 * Sound because the engine is deterministic: which slot it reads next follows from the values of those read before.
 *
 * A walk down a tree touches dozens of places. So the tree stands behind a table: states of a group that agree in every
 * slot the tree asks for are one class to it, and the classes of a state's groups lead to the answer at once. The table
 * forgets; the tree does not.
 */
import { type Group, grown, type Slot } from "./slots.ts";

export class TreeNode<T> {
  answer: T | undefined = undefined;
  /** Group and index of the slot asked for; -1 in a leaf. */
  group = -1;
  index = -1;
  readonly kids: (TreeNode<T> | undefined)[] = [];
}

/** States of one group as a tree sees them. */
class Classes {
  readonly group: number;
  private readonly slots = new Set<number>();
  private indices: readonly number[] = [];
  /** Class by state, -1 unknown. */
  of = new Int32Array(64).fill(-1);
  private known = new Map<string, number>();

  constructor(group: number) {
    this.group = group;
  }

  /** True if the tree did not ask for this slot before. */
  ask(index: number): boolean {
    if (this.slots.has(index)) return false;
    this.slots.add(index);
    this.indices = [...this.slots];
    this.of.fill(-1);
    this.known.clear();
    return true;
  }

  learn(g: Group, id: number): number {
    while (id >= this.of.length) this.of = grown(this.of, -1);
    let key = "";
    const from = id * g.stride;
    for (const i of this.indices)
      key += String.fromCharCode((g.data[from + i] as number) & 0xffff, (g.data[from + i] as number) >>> 16);
    let cls = this.known.get(key);
    if (cls === undefined) {
      cls = this.known.size;
      this.known.set(key, cls);
    }
    this.of[id] = cls;
    return cls;
  }
}

/** Entries of a table, as a power of two: small to begin with, larger when it is worth it. */
const LEAST_LOG2 = 6;
const MOST_LOG2 = 15;

export class Memo<T> {
  private root: TreeNode<T> = new TreeNode<T>();
  private epoch = 0;
  private classes: Classes[] = [];
  /** Entry: a class for each of `classes`, then the number of the answer, -1 for none. */
  private table = new Int32Array(0);
  private log2 = LEAST_LOG2;
  private filled = 0;
  private readonly answers: T[] = [];
  private readonly numbers = new Map<T, number>();

  /** The answer known for this state, or undefined. `epoch`: knowledge of an older one is void. */
  find(groups: readonly Group[], ids: ArrayLike<number>, epoch: number): T | undefined {
    if (epoch !== this.epoch) {
      this.forget(epoch);
      return undefined;
    }
    const { classes, table } = this;
    const n = classes.length;
    if (table.length === 0) return this.walk(groups, ids);
    let h = 0;
    for (let i = 0; i < n; i++) {
      const c = classes[i] as Classes;
      const id = ids[c.group] as number;
      let cls = id < c.of.length ? (c.of[id] as number) : -1;
      if (cls < 0) cls = c.learn(groups[c.group] as Group, id);
      h = Math.imul(h ^ cls, 0x9e3779b1);
      h ^= h >>> 15;
    }
    const at = (h & ((1 << this.log2) - 1)) * (n + 1);
    const answer = table[at + n] as number;
    if (answer >= 0) {
      let i = 0;
      while (i < n) {
        const c = classes[i] as Classes;
        if (table[at + i] !== c.of[ids[c.group] as number]) break;
        i++;
      }
      if (i === n) return this.answers[answer];
    }
    const found = this.walk(groups, ids);
    if (found !== undefined) this.keep(at, ids, found);
    return found;
  }

  private keep(at: number, ids: ArrayLike<number>, found: T): void {
    const { classes } = this;
    const n = classes.length;
    let no = this.numbers.get(found);
    if (no === undefined) {
      no = this.answers.length;
      this.answers.push(found);
      this.numbers.set(found, no);
    }
    for (let i = 0; i < n; i++) {
      const c = classes[i] as Classes;
      this.table[at + i] = c.of[ids[c.group] as number] as number;
    }
    this.table[at + n] = no;
    if (++this.filled > 1 << this.log2 && this.log2 < MOST_LOG2) {
      this.log2++;
      this.clear();
    }
  }

  private clear(): void {
    this.table = new Int32Array((1 << this.log2) * (this.classes.length + 1)).fill(-1);
    this.filled = 0;
  }

  private walk(groups: readonly Group[], ids: ArrayLike<number>): T | undefined {
    let n = this.root;
    while (n.group >= 0) {
      const g = groups[n.group] as Group;
      const kid = n.kids[g.data[(ids[n.group] as number) * g.stride + n.index] as number];
      if (kid === undefined) return undefined;
      n = kid;
    }
    return n.answer;
  }

  private forget(epoch: number): void {
    this.root = new TreeNode<T>();
    this.epoch = epoch;
    this.classes = [];
    this.log2 = LEAST_LOG2;
    this.clear();
  }

  learn(
    groups: readonly Group[],
    ids: ArrayLike<number>,
    epoch: number,
    log: readonly Slot[],
    answer: T,
  ): void {
    if (epoch !== this.epoch) this.forget(epoch);
    let n = this.root;
    const asked = new Set<Slot>();
    const value = (group: number, index: number): number => {
      const g = groups[group] as Group;
      return g.data[(ids[group] as number) * g.stride + index] as number;
    };
    const down = (): void => {
      const v = value(n.group, n.index);
      let kid = n.kids[v];
      if (kid === undefined) {
        kid = new TreeNode<T>();
        n.kids[v] = kid;
      }
      n = kid;
    };
    while (n.group >= 0) {
      asked.add((groups[n.group] as Group).slots[n.index] as Slot);
      down();
    }
    for (const slot of log) {
      if (asked.has(slot)) continue;
      n.group = slot.group;
      n.index = slot.index;
      n.answer = undefined;
      this.ask(slot);
      down();
    }
    n.answer = answer;
  }

  private ask(slot: Slot): void {
    let c = this.classes.find((x) => x.group === slot.group);
    if (c === undefined) {
      c = new Classes(slot.group);
      this.classes.push(c);
      this.clear();
    }
    if (c.ask(slot.index)) this.clear();
  }
}

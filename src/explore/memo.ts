/**
 * What was learnt of one question (the successor by one action, the facts of one device) as a decision tree: a node asks
 * for one slot, a leaf is an answer. The question itself is put to the engine only when the tree does not reach a leaf.
 *
 * Sound because the engine is deterministic: which slot it reads next follows from the values of those read before.
 *
 * A walk down a tree touches dozens of places. So tables stand before the tree: states of a group that agree in every
 * slot that matters are one class, and the classes of a state lead to the answer at once. The host's comes first, for it
 * decides what else matters: of a device that is absent nothing, of another the vSMMU it stands behind.
 */
import { type Classes, type Group, HOST, type Slot } from "./slots.ts";

class TreeNode<T> {
  answer: T | undefined = undefined;
  /** Group and index of the slot asked for; -1 in a leaf. */
  group = -1;
  index = -1;
  readonly kids: (TreeNode<T> | undefined)[] = [];
}

/** Bits of a table's index at most: what needs more is looked up in the tree. */
const MOST_BITS = 20;
const UNKNOWN = -1;

/** Numbers of answers for states that are alike on the host's side, by the classes of the other groups. */
class Table {
  /** By group: slots that some way down the tree asks for here. */
  private readonly asked: Set<number>[] = [];
  /** Leaves whose ways are among these. */
  private readonly leaves = new Set<object>();
  private groups: readonly number[] = [];
  private classes: readonly Classes[] = [];
  private bits: number[] = [];
  private answers: Int32Array | null = new Int32Array(1).fill(UNKNOWN);

  find(ids: ArrayLike<number>): number {
    const { groups, classes, bits, answers } = this;
    if (answers === null) return UNKNOWN;
    let at = 0;
    for (let i = 0; i < groups.length; i++) {
      const { table } = classes[i] as Classes;
      const id = ids[groups[i] as number] as number;
      const cls = id < table.length ? (table[id] as number) : UNKNOWN;
      const width = bits[i] as number;
      if (cls >> width !== 0) return UNKNOWN;
      at = (at << width) | cls;
    }
    return answers[at] as number;
  }

  /** Keeps an answer that a leaf gave; `path`: group and index of what the tree asked for on the way there, one by one. */
  keep(
    all: readonly Group[],
    ids: ArrayLike<number>,
    leaf: object,
    path: readonly number[],
    answer: number,
  ): void {
    if (!this.leaves.has(leaf) && this.asks(leaf, path)) {
      this.groups = [...this.asked.keys()].filter((g) => this.asked[g] !== undefined);
      this.classes = this.groups.map((g) => (all[g] as Group).classesBy(this.asked[g] as Set<number>));
      this.bits = this.groups.map(() => 0);
      this.clear();
    }
    const { classes, bits } = this;
    let at = 0;
    let narrow = false;
    for (let i = 0; i < classes.length; i++) {
      const cls = (classes[i] as Classes).of(ids[this.groups[i] as number] as number);
      const width = bits[i] as number;
      if (cls >> width !== 0) {
        bits[i] = 32 - Math.clz32(cls);
        narrow = true;
      }
      at = (at << width) | cls;
    }
    if (narrow) {
      // The next to ask for it brings it in.
      this.clear();
    } else if (this.answers !== null) this.answers[at] = answer;
  }

  /** True if a slot is asked for that was not before. */
  private asks(leaf: object, path: readonly number[]): boolean {
    let more = false;
    this.leaves.add(leaf);
    for (let i = 0; i < path.length; i += 2) {
      const group = path[i] as number;
      const index = path[i + 1] as number;
      if (group === HOST) continue;
      this.asked[group] ??= new Set();
      const slots = this.asked[group] as Set<number>;
      more ||= !slots.has(index);
      slots.add(index);
    }
    return more;
  }

  private clear(): void {
    const total = this.bits.reduce((n, b) => n + b, 0);
    this.answers = total > MOST_BITS ? null : new Int32Array(2 ** total).fill(UNKNOWN);
  }
}

export class Memo<T> {
  private root: TreeNode<T> = new TreeNode<T>();
  private epoch = 0;
  /** Slots of the host that the tree asks for anywhere, and its states by them. */
  private readonly asked = new Set<number>();
  private host: Classes | null = null;
  /** By class of the host's state. */
  private tables: (Table | undefined)[] = [];
  private readonly answers: T[] = [];
  private readonly numbers = new Map<T, number>();
  private readonly path: number[] = [];

  /** The answer known for this state, or undefined. `epoch`: knowledge of an older one is void. */
  find(groups: readonly Group[], ids: ArrayLike<number>, epoch: number): T | undefined {
    if (epoch !== this.epoch) {
      this.forget(epoch);
      return undefined;
    }
    const cls = this.host === null ? 0 : this.host.of(ids[HOST] as number);
    const no = this.tables[cls]?.find(ids) ?? UNKNOWN;
    return no >= 0 ? this.answers[no] : this.walk(groups, ids, cls);
  }

  private walk(groups: readonly Group[], ids: ArrayLike<number>, cls: number): T | undefined {
    const { path } = this;
    let n = this.root;
    path.length = 0;
    while (n.group >= 0) {
      const g = groups[n.group] as Group;
      const kid = n.kids[g.data[(ids[n.group] as number) * g.stride + n.index] as number];
      if (kid === undefined) return undefined;
      path.push(n.group, n.index);
      n = kid;
    }
    const { answer } = n;
    if (answer === undefined) return undefined;
    this.tables[cls] ??= new Table();
    (this.tables[cls] as Table).keep(groups, ids, n, path, this.numberOf(answer));
    return answer;
  }

  private numberOf(answer: T): number {
    let no = this.numbers.get(answer);
    if (no === undefined) {
      no = this.answers.length;
      this.answers.push(answer);
      this.numbers.set(answer, no);
    }
    return no;
  }

  private forget(epoch: number): void {
    this.root = new TreeNode<T>();
    this.epoch = epoch;
    this.asked.clear();
    this.host = null;
    this.tables = [];
  }

  /** `log`: the slots that were read for the answer, in their order. */
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
    const down = (): void => {
      const g = groups[n.group] as Group;
      const v = g.data[(ids[n.group] as number) * g.stride + n.index] as number;
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
    let more = false;
    for (const slot of log) {
      if (asked.has(slot)) continue;
      n.group = slot.group;
      n.index = slot.index;
      n.answer = undefined;
      if (slot.group === HOST && !this.asked.has(slot.index)) {
        this.asked.add(slot.index);
        more = true;
      }
      down();
    }
    n.answer = answer;
    if (!more) return;
    this.host = (groups[HOST] as Group).classesBy(this.asked);
    this.tables = [];
  }
}

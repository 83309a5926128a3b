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
import { type Classes, type Group, grown, HOST, type Slot } from "./slots.ts";

const UNKNOWN = -1;
/** Group of a node that asks for nothing: of a leaf, and of one that nothing was learnt of. */
const NOTHING = -1;
/** Values of a slot are fewer than this. */
const VALUES = 2 ** 26;

/**
 * The tree. Nearly every node has one kid, and what is learnt at once lies together: a walk is a scan. Further kids of a
 * node are in a map.
 */
class Tree {
  /** By node: group and index of the slot asked for. */
  group = new Int32Array(256).fill(NOTHING);
  index = new Int32Array(256);
  /** Value that leads to the first kid, and where that is; in a leaf the number of the answer. */
  value = new Int32Array(256).fill(UNKNOWN);
  private kid = new Int32Array(256);
  private readonly kids = new Map<number, number>();
  private count = 1;

  /** The kid for a value; UNKNOWN if there is none. */
  under(node: number, value: number): number {
    if (this.value[node] === value) return this.kid[node] as number;
    return this.kids.get(node * VALUES + value) ?? UNKNOWN;
  }

  grow(node: number, value: number): number {
    const to = this.count++;
    if (to >= this.group.length) {
      this.group = grown(this.group, NOTHING);
      this.index = grown(this.index);
      this.value = grown(this.value, UNKNOWN);
      this.kid = grown(this.kid);
    }
    if (this.value[node] === UNKNOWN) {
      this.value[node] = value;
      this.kid[node] = to;
    } else this.kids.set(node * VALUES + value, to);
    return to;
  }
}

/** Bits of a table's index at most: what needs more is looked up in the tree. */
const MOST_BITS = 20;

/** Numbers of answers for states that are alike on the host's side, by the classes of the other groups. */
class Table {
  /** By group: slots that some way down the tree asks for here. */
  private readonly asked: Set<number>[] = [];
  /** Leaves whose ways are among these. */
  private readonly leaves = new Set<number>();
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
    leaf: number,
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
  private asks(leaf: number, path: readonly number[]): boolean {
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
  private tree = new Tree();
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
    const { path, tree } = this;
    const { group, index, value } = tree;
    let n = 0;
    let length = 0;
    for (let at = group[n] as number; at >= 0; at = group[n] as number) {
      const { data, stride } = groups[at] as Group;
      const i = index[n] as number;
      path[length++] = at;
      path[length++] = i;
      n = tree.under(n, data[(ids[at] as number) * stride + i] as number);
      if (n < 0) return undefined;
    }
    const no = value[n] as number;
    if (no < 0) return undefined;
    path.length = length;
    this.tables[cls] ??= new Table();
    (this.tables[cls] as Table).keep(groups, ids, n, path, no);
    return this.answers[no];
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
    this.tree = new Tree();
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
    const { tree } = this;
    const asked = new Set<Slot>();
    const down = (node: number): number => {
      const g = groups[tree.group[node] as number] as Group;
      const v = g.data[(ids[g.no] as number) * g.stride + (tree.index[node] as number)] as number;
      const kid = tree.under(node, v);
      return kid < 0 ? tree.grow(node, v) : kid;
    };
    let n = 0;
    while ((tree.group[n] as number) >= 0) {
      asked.add((groups[tree.group[n] as number] as Group).slots[tree.index[n] as number] as Slot);
      n = down(n);
    }
    let more = false;
    for (const slot of log) {
      if (asked.has(slot)) continue;
      tree.group[n] = slot.group;
      tree.index[n] = slot.index;
      tree.value[n] = UNKNOWN;
      if (slot.group === HOST && !this.asked.has(slot.index)) {
        this.asked.add(slot.index);
        more = true;
      }
      n = down(n);
    }
    tree.value[n] = this.numberOf(answer);
    if (!more) return;
    this.host = (groups[HOST] as Group).classesBy(this.asked);
    this.tables = [];
  }
}
